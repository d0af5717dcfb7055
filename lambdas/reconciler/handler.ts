/** On a schedule, every five minutes: compares the records with GitHub and EC2, and repairs what events missed. */
import { createEc2Clients } from '../../lib/adapters/ec2/clients.ts';
import { createCompute } from '../../lib/adapters/ec2/compute.ts';
import { createSpotPrices } from '../../lib/adapters/ec2/spot-prices.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { readConfiguration, readDeployment } from '../../lib/adapters/system/deployment.ts';
import { emitComparison } from '../../lib/app/reconciler/emit-comparison.ts';
import { reconcile } from '../../lib/app/reconciler/reconcile.ts';
import { createDeploymentRecorder } from '../../lib/app/reconciler/record-deployment.ts';
import { rollUpUsage } from '../../lib/app/reconciler/roll-up-usage.ts';
import { githubPart } from '../common/github-part.ts';
import {
  auditPart,
  deploymentAuditPart,
  judgingParts,
  queuesPart,
  telemetryPart,
  usageLedgerPart,
  usagePart,
} from '../common/parts.ts';

const deployment = readDeployment(import.meta.url);
const stores = judgingParts();
const telemetry = telemetryPart(deployment);
const ledger = usageLedgerPart();
const ec2 = createEc2Clients();
const deps = {
  deployment,
  ...stores,
  audit: auditPart(),
  compute: createCompute(ec2),
  spotPrices: createSpotPrices({ clients: ec2, telemetry, clock: systemClock }),
  github: githubPart({ notes: stores.notes, telemetry }),
  queues: queuesPart(),
  telemetry,
  usage: usagePart(),
  ledger,
  clock: systemClock,
};

const recordDeployment = createDeploymentRecorder({
  audit: deploymentAuditPart(),
  deployed: readConfiguration(import.meta.url),
  telemetry,
  clock: systemClock,
});

const { tenants } = stores;
const ledgerDeps = { deployment, usage: ledger, tenants, telemetry, clock: systemClock };

/** Every task runs to its end, even if others fail. */
export const handler = async () => {
  const parts = [recordDeployment(), reconcile(deps), rollUpUsage(ledgerDeps), emitComparison(ledgerDeps)];
  const results = await Promise.allSettled(parts);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
};
