/**
 * The stores in memory, over one world. They keep the promises of their ports, as the contract suites prove, and hold
 * nothing but what the world holds.
 */
import { createMemoryAudit } from './audit.ts';
import { createMemoryControllerStore } from './controllers.ts';
import { createMemoryJobStore } from './jobs.ts';
import { createMemoryLaunchStore } from './launches.ts';
import { createMemoryQuestionStore } from './questions.ts';
import { createMemoryRunnerStore } from './runners.ts';
import { createMemoryTenantStore } from './tenants.ts';
import { createMemoryUsageStore } from './usage.ts';
import { createMemoryUsageLedger } from './usage-ledger.ts';
import { createStoreWorld, type StorePorts, type StoreWorld } from './world.ts';

export interface MemoryStores extends StorePorts {
  readonly world: StoreWorld;
}

export function createMemoryStores(world: StoreWorld = createStoreWorld()): MemoryStores {
  return {
    tenants: createMemoryTenantStore(world),
    usage: createMemoryUsageStore(world),
    ledger: createMemoryUsageLedger(world),
    audit: createMemoryAudit(world),
    controllers: createMemoryControllerStore(world),
    questions: createMemoryQuestionStore(world),
    jobs: createMemoryJobStore(world),
    launches: createMemoryLaunchStore(world),
    runners: createMemoryRunnerStore(world),
    world,
  };
}
