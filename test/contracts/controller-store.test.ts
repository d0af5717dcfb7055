import { controllerStoreContract } from './controller-store.contract.ts';
import { dynamoBackend, memoryBackend } from './support/store-backends.ts';

controllerStoreContract(memoryBackend());
controllerStoreContract(dynamoBackend());
