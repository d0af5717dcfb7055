import { dynamoBackend, memoryBackend } from './support/store-backends.ts';
import { usageContract } from './usage.contract.ts';

usageContract(memoryBackend());
usageContract(dynamoBackend());
