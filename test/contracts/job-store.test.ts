/** The jobs' contract, on the fake and on the real adapter. */
import { jobFactsContract } from './job-facts.contract.ts';
import { jobStoreContract } from './job-store.contract.ts';
import { dynamoBackend, memoryBackend } from './support/store-backends.ts';

jobStoreContract(memoryBackend());
jobStoreContract(dynamoBackend());
jobFactsContract(memoryBackend());
jobFactsContract(dynamoBackend());
