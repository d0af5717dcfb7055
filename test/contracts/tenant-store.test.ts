/** The tenants' contract, on the fake and on the real adapter. */
import { dynamoBackend, memoryBackend } from './support/store-backends.ts';
import { tenantStoreContract } from './tenant-store.contract.ts';

tenantStoreContract(memoryBackend());
tenantStoreContract(dynamoBackend());
