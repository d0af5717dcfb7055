import { dynamoBackend, memoryBackend } from './support/store-backends.ts';
import { usageLedgerContract } from './usage-ledger.contract.ts';

usageLedgerContract(memoryBackend());
usageLedgerContract(dynamoBackend());
