/**
 * The adapters that functions are composed of. Each part has its own function here, so that a bundle contains only
 * the clients that its function uses. Parts are created once, when the module loads, and live as long as the process.
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createAwsJson } from '../../lib/adapters/aws-json/caller.ts';
import { createAudit } from '../../lib/adapters/dynamodb/audit.ts';
import { createControllerStore } from '../../lib/adapters/dynamodb/controller-store.ts';
import { createDeploymentAudit } from '../../lib/adapters/dynamodb/deployment-audit.ts';
import { createJobStore } from '../../lib/adapters/dynamodb/job-store.ts';
import { createLaunchStore } from '../../lib/adapters/dynamodb/launch-store.ts';
import { createNoteStore } from '../../lib/adapters/dynamodb/note-store.ts';
import { createQuestionStore } from '../../lib/adapters/dynamodb/question-store.ts';
import { createRequestCounts } from '../../lib/adapters/dynamodb/request-counts.ts';
import { createRunnerStore } from '../../lib/adapters/dynamodb/runner-store.ts';
import { createTenantStore } from '../../lib/adapters/dynamodb/tenant-store.ts';
import { createUsageLedger } from '../../lib/adapters/dynamodb/usage-ledger.ts';
import { createUsageStore } from '../../lib/adapters/dynamodb/usage-store.ts';
import { createSecret } from '../../lib/adapters/secrets-manager/secret.ts';
import { createArrivals, createQueueArrivals } from '../../lib/adapters/sqs/arrivals.ts';
import { createQueues } from '../../lib/adapters/sqs/queues.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { createTelemetry } from '../../lib/adapters/telemetry/telemetry.ts';
import { withPlatformPolicy } from '../../lib/app/admission/platform-policy.ts';
import type { Deployment } from '../../lib/contract/deployment.ts';
import { readTierUrls, readVariable, type VariableName, variables } from '../../lib/contract/environment.ts';

let client: DynamoDBClient | undefined;

/**
 * One client for all stores: it keeps its connections open, and reads requested at the same moment go out in one
 * call. Bundles replace its class, with bounds of its own (lib/adapters/aws-json/dynamodb.ts).
 */
const dynamo = () => (client ??= new DynamoDBClient({}));

/** The stores. A function with access to one of the tables gets the names of all. */
export function storeParts() {
  const client = dynamo();
  const tables = {
    tenants: readVariable(variables.tenantsTable),
    jobs: readVariable(variables.jobsTable),
    launches: readVariable(variables.launchesTable),
    runners: readVariable(variables.runnersTable),
  };
  const audit = process.env[variables.auditTable];
  return {
    tenants: createTenantStore({
      client,
      tableName: tables.tenants,
      notesTable: readVariable(variables.notesTable),
      ...(audit ? { auditTable: audit } : {}),
    }),
    jobs: createJobStore({ client, tableName: tables.jobs }),
    launches: createLaunchStore({ client, tables }),
    runners: createRunnerStore({ client, tables }),
    notes: createNoteStore({ client, tableName: readVariable(variables.notesTable) }),
  };
}

/**
 * For functions that make admission decisions: each tenant they read also carries the platform-wide policy, which
 * other functions do not see.
 */
export function judgingParts(options: { keptSeconds?: number } = {}) {
  const controllers = controllersPart();
  return {
    ...withPlatformPolicy(storeParts(), { controllers, clock: systemClock, ...options }),
    controllers,
  };
}

/** For functions that record what machines were used for. */
export function usagePart() {
  return createUsageStore({ client: dynamo(), tableName: readVariable(variables.usageTable) });
}

/** Admission controllers, for functions that ask or change them. */
export function controllersPart() {
  const audit = process.env[variables.auditTable];
  return createControllerStore({
    client: dynamo(),
    tables: {
      tenants: readVariable(variables.tenantsTable),
      controllers: readVariable(variables.controllersTable),
      ...(audit ? { audit } : {}),
    },
  });
}

export const requestCountsPart = () =>
  createRequestCounts({ client: dynamo(), tableName: readVariable(variables.notesTable) });

/** For the function that adds up past days. */
export function usageLedgerPart() {
  return createUsageLedger({ client: dynamo(), tableName: readVariable(variables.usageTable) });
}

/** Questions to controllers that poll. */
export const questionsPart = () =>
  createQuestionStore({ client: dynamo(), tableName: readVariable(variables.controllersTable) });

/** On the laptop, controllers may listen on the loopback address too. */
export const isOnLaptop = () => process.env['AWS_ENDPOINT_URL']?.startsWith('http://127.0.0.1:') === true;

export function auditPart() {
  const tables = {
    tenants: readVariable(variables.tenantsTable),
    audit: readVariable(variables.auditTable),
  };
  return createAudit({ client: new DynamoDBClient({}), tables });
}

export const deploymentAuditPart = () =>
  createDeploymentAudit({
    client: new DynamoDBClient({}),
    tableName: readVariable(variables.auditTable),
  });

/** The queues whose URLs the function has. */
export function queuesPart() {
  const lifecycle = process.env[variables.lifecycleQueueUrl];
  const installations = process.env[variables.installationsQueueUrl];
  const admission = process.env[variables.admissionQueueUrl];
  return createQueues({
    sqs: createAwsJson({ service: 'sqs' }),
    urls: {
      tiers: process.env[variables.tierQueueUrls] === undefined ? {} : tierUrls(),
      ...(lifecycle ? { lifecycle } : {}),
      ...(admission ? { admission } : {}),
      ...(installations ? { installations } : {}),
    },
  });
}

/** Further messages from the tiers' queues, for scale-up. */
export function arrivalsPart() {
  return createArrivals({ sqs: createAwsJson({ service: 'sqs' }), tierUrls: tierUrls() });
}

/** Further messages from the admission queue, for the function admission. */
export const questionArrivalsPart = () =>
  createQueueArrivals({
    sqs: createAwsJson({ service: 'sqs' }),
    queue: { name: 'admission', url: readVariable(variables.admissionQueueUrl) },
  });

const tierUrls = () => readTierUrls(readVariable(variables.tierQueueUrls));

export function secretPart(variable: VariableName) {
  return createSecret({
    secrets: createAwsJson({ service: 'secretsManager' }),
    arn: readVariable(variable),
    clock: systemClock,
  });
}

export function telemetryPart(deployment: Deployment) {
  return createTelemetry({ environment: deployment.environment, clock: systemClock });
}
