import { spoiltRowsContract } from './spoilt-rows.contract.ts';
import { dynamoBackend, memoryBackend } from './support/store-backends.ts';

spoiltRowsContract(memoryBackend());
spoiltRowsContract(dynamoBackend());
