/** On a schedule, each minute: repairs whatever the events missed. */
import { createEc2Clients } from '../../lib/adapters/ec2/clients.ts';
import { createCompute } from '../../lib/adapters/ec2/compute.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { sweep } from '../../lib/app/sweep.ts';
import { githubPart, queuesPart, storeParts, telemetryPart } from '../common/parts.ts';

const deployment = readDeployment(import.meta.url);
const deps = {
  deployment,
  ...storeParts(),
  compute: createCompute(createEc2Clients()),
  github: githubPart(deployment),
  queues: queuesPart(),
  telemetry: telemetryPart(deployment),
  clock: systemClock,
};

export const handler = () => sweep(deps);
