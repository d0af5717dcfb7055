/** Behind the lifecycle queue: processes what GitHub reports about jobs and EC2 about machines. */
import { createEc2Clients } from '../../lib/adapters/ec2/clients.ts';
import { createCompute } from '../../lib/adapters/ec2/compute.ts';
import { createSpotPrices } from '../../lib/adapters/ec2/spot-prices.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { followLifecycle } from '../../lib/app/lifecycle/follow-lifecycle.ts';
import { queuesPart, storeParts, telemetryPart, usagePart } from '../common/parts.ts';
import { queueHandler } from '../common/queue-handler.ts';

const deployment = readDeployment(import.meta.url);
const ec2 = createEc2Clients();
const telemetry = telemetryPart(deployment);
const deps = {
  deployment,
  ...storeParts(),
  compute: createCompute(ec2),
  spotPrices: createSpotPrices({ clients: ec2, telemetry, clock: systemClock }),
  queues: queuesPart(),
  telemetry,
  usage: usagePart(),
  clock: systemClock,
};

export const handler = queueHandler((deliveries) => followLifecycle(deps, deliveries));
