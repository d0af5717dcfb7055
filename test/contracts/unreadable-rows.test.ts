import { dynamoBackend, memoryBackend } from './support/store-backends.ts';
import { unreadableRowsContract } from './unreadable-rows.contract.ts';

unreadableRowsContract(memoryBackend());
unreadableRowsContract(dynamoBackend());
