/** The jobs' contract, on the fake and on the real adapter. */
import { jobFactsContract } from './job-facts.contract.ts';
import { jobReturnsContract } from './job-returns.contract.ts';
import { jobStoreContract } from './job-store.contract.ts';
import { dynamoBackend, memoryBackend } from './support/store-backends.ts';

jobStoreContract(memoryBackend());
jobStoreContract(dynamoBackend());
jobReturnsContract(memoryBackend());
jobReturnsContract(dynamoBackend());
jobFactsContract(memoryBackend());
jobFactsContract(dynamoBackend());
