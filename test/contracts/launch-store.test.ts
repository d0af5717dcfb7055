/** The launches' contract, on the fake and on the real adapter. */
import { launchStoreContract } from './launch-store.contract.ts';
import { leaseCountsContract } from './lease-counts.contract.ts';
import { sharedCapsContract } from './shared-caps.contract.ts';
import { spendContract } from './spend.contract.ts';
import { dynamoBackend, memoryBackend } from './support/store-backends.ts';

launchStoreContract(memoryBackend());
launchStoreContract(dynamoBackend());
sharedCapsContract(memoryBackend());
sharedCapsContract(dynamoBackend());
leaseCountsContract(memoryBackend());
leaseCountsContract(dynamoBackend());
spendContract(memoryBackend());
spendContract(dynamoBackend());
