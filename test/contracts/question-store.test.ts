import { questionStoreContract } from './question-store.contract.ts';
import { dynamoBackend, memoryBackend } from './support/store-backends.ts';

questionStoreContract(memoryBackend());
questionStoreContract(dynamoBackend());
