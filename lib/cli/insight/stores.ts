/** The platform's own stores, for commands that read rows as functions do. Read-only. */
import { createControllerStore } from '../../adapters/dynamodb/controller-store.ts';
import { createJobStore } from '../../adapters/dynamodb/job-store.ts';
import { createLaunchStore } from '../../adapters/dynamodb/launch-store.ts';
import { createNoteStore } from '../../adapters/dynamodb/note-store.ts';
import { createRunnerStore } from '../../adapters/dynamodb/runner-store.ts';
import { createTenantStore } from '../../adapters/dynamodb/tenant-store.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import { withPlatformPolicy } from '../../app/admission/platform-policy.ts';
import type { InsightDeps } from '../../app/insight/gather-facts.ts';
import { assertConfig } from '../../config/check-config.ts';
import { tables } from '../../contract/tables.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { LaunchStore } from '../../ports/launches.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import type { TenantStore } from '../../ports/tenants.ts';
import { dynamoClient } from '../aws-clients.ts';
import type { CommandCall } from '../command.ts';

export interface CommandStores extends InsightDeps {
  readonly jobs: JobStore;
  readonly tenants: TenantStore;
  readonly runners: RunnerStore;
  readonly launches: LaunchStore;
}

/** The same for commands that explain admission: each tenant also carries the platform-wide policy. */
export function judgingStores(call: CommandCall): CommandStores {
  // One client, so that both tables are read in one call.
  const client = dynamoClient(call);
  const tableName = (name: 'tenants' | 'controllers') => `${call.config.environment}-${tables[name].suffix}`;
  const names = { tenants: tableName('tenants'), controllers: tableName('controllers') };
  const controllers = createControllerStore({ client, tables: names });
  return withPlatformPolicy(commandStores(call, client), { controllers, clock: systemClock });
}

export function commandStores(call: CommandCall, client = dynamoClient(call)): CommandStores {
  const { environment } = call.config;
  const tableName = (name: keyof typeof tables) => `${environment}-${tables[name].suffix}`;
  const names = {
    tenants: tableName('tenants'),
    jobs: tableName('jobs'),
    launches: tableName('launches'),
    runners: tableName('runners'),
  };
  return {
    deployment: assertConfig(call.config).deployment,
    tenants: createTenantStore({ client, tableName: names.tenants }),
    jobs: createJobStore({ client, tableName: names.jobs }),
    launches: createLaunchStore({ client, tables: names }),
    runners: createRunnerStore({ client, tables: names }),
    notes: createNoteStore({ client, tableName: tableName('notes') }),
    clock: systemClock,
  };
}
