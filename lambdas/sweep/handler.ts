/** On a schedule, each minute: repairs whatever events missed. */
import { createEc2Clients } from '../../lib/adapters/ec2/clients.ts';
import { createCompute } from '../../lib/adapters/ec2/compute.ts';
import { createSpotPrices } from '../../lib/adapters/ec2/spot-prices.ts';
import { systemChance, systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { sweep } from '../../lib/app/sweep/sweep.ts';
import { readSubnets, readVariable, variables } from '../../lib/contract/environment.ts';
import { githubPart } from '../common/github-part.ts';
import { judgingParts, queuesPart, telemetryPart, usagePart } from '../common/parts.ts';

const deployment = readDeployment(import.meta.url);
const ec2 = createEc2Clients();
const stores = judgingParts();
const telemetry = telemetryPart(deployment);
const deps = {
  deployment,
  ...stores,
  compute: createCompute(ec2),
  spotPrices: createSpotPrices({ clients: ec2, telemetry, clock: systemClock }),
  github: githubPart({ notes: stores.notes, telemetry }),
  queues: queuesPart(),
  telemetry,
  usage: usagePart(),
  clock: systemClock,
  chance: systemChance,
  subnets: readSubnets(readVariable(variables.subnets)),
};

export const handler = () => sweep(deps);
