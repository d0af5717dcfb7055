import { operatorEditsContract } from './operator-edits.contract.ts';
import { dynamoBackend, memoryBackend } from './support/store-backends.ts';

operatorEditsContract(memoryBackend(), 500);
operatorEditsContract(dynamoBackend(), 40);
