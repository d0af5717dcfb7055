/** The jobs' contract, on the fake and on the real adapter. */

import { jobStoreContract } from './job-store.contract.ts';
import { dynamoBackend, memoryBackend } from './support/store-backends.ts';

jobStoreContract(memoryBackend());
jobStoreContract(dynamoBackend());
