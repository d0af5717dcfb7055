import { dynamoBackend, memoryBackend } from './support/store-backends.ts';
import { usageBooksContract } from './usage-books.contract.ts';

usageBooksContract(memoryBackend());
usageBooksContract(dynamoBackend());
