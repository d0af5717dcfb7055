/** The launches' contract, on the fake and on the real adapter. */
import { launchCapsContract } from './launch-caps.contract.ts';
import { launchLeasesContract } from './launch-leases.contract.ts';
import { launchListsContract } from './launch-lists.contract.ts';
import { launchStoreContract } from './launch-store.contract.ts';
import { leaseCountsContract } from './lease-counts.contract.ts';
import { sharedCapsContract } from './shared-caps.contract.ts';
import { spendContract } from './spend.contract.ts';
import { dynamoBackend, memoryBackend } from './support/store-backends.ts';

launchStoreContract(memoryBackend());
launchStoreContract(dynamoBackend());
launchLeasesContract(memoryBackend());
launchLeasesContract(dynamoBackend());
launchCapsContract(memoryBackend());
launchCapsContract(dynamoBackend());
launchListsContract(memoryBackend());
launchListsContract(dynamoBackend());
sharedCapsContract(memoryBackend());
sharedCapsContract(dynamoBackend());
leaseCountsContract(memoryBackend());
leaseCountsContract(dynamoBackend());
spendContract(memoryBackend());
spendContract(dynamoBackend());
