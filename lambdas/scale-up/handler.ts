/** Behind each tier's queue: records queued jobs and launches machines for them. */
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { createEc2Clients } from '../../lib/adapters/ec2/clients.ts';
import { createCompute } from '../../lib/adapters/ec2/compute.ts';
import { createSpotPrices } from '../../lib/adapters/ec2/spot-prices.ts';
import { createTickets } from '../../lib/adapters/identity/tickets.ts';
import { systemChance, systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { acceptArrivals } from '../../lib/app/scale-up/accept-arrivals.ts';
import { readSubnets, readVariable, variables } from '../../lib/contract/environment.ts';
import { arrivalsPart, judgingParts, queuesPart, secretPart, telemetryPart } from '../common/parts.ts';
import { queueHandler } from '../common/queue-handler.ts';

const deployment = readDeployment(import.meta.url);
const ec2 = createEc2Clients();
const telemetry = telemetryPart(deployment);
const deps = {
  deployment,
  ...judgingParts(),
  loadRules: createRulesLoader(),
  subnets: readSubnets(readVariable(variables.subnets)),
  compute: createCompute(ec2),
  spotPrices: createSpotPrices({ clients: ec2, telemetry, clock: systemClock }),
  queues: queuesPart(),
  arrivals: arrivalsPart(),
  tickets: createTickets({ secret: secretPart(variables.ticketSecretArn) }),
  telemetry,
  clock: systemClock,
  chance: systemChance,
};

export const handler = queueHandler((deliveries) => acceptArrivals(deps, deliveries));
