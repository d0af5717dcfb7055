import { auditContract } from './audit.contract.ts';
import { dynamoBackend, memoryBackend } from './support/store-backends.ts';

auditContract(memoryBackend());
auditContract(dynamoBackend());
