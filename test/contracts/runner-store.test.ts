/** The runners' contract, on the fake and on the real adapter. */
import { runnerPlansContract } from './runner-plans.contract.ts';
import { runnerStoreContract } from './runner-store.contract.ts';
import { dynamoBackend, memoryBackend } from './support/store-backends.ts';

runnerStoreContract(memoryBackend());
runnerStoreContract(dynamoBackend());
runnerPlansContract(memoryBackend());
runnerPlansContract(dynamoBackend());
