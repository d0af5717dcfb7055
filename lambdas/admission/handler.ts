/** Behind the admission queue: asks controllers that are asked from outside, and knows no secret of GitHub's. */
import { createCallbacks } from '../../lib/adapters/callback/callbacks.ts';
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { askControllers } from '../../lib/app/admission/ask-controllers.ts';
import {
  controllersPart,
  isOnLaptop,
  questionsPart,
  queuesPart,
  storeParts,
  telemetryPart,
} from '../common/parts.ts';
import { queueHandler } from '../common/queue-handler.ts';

const deployment = readDeployment(import.meta.url);
const { tenants, jobs } = storeParts();
const deps = {
  deployment,
  tenants,
  jobs,
  controllers: controllersPart(),
  questions: questionsPart(),
  callbacks: createCallbacks({ clock: systemClock, allowsLoopback: isOnLaptop() }),
  loadRules: createRulesLoader(),
  queues: queuesPart(),
  telemetry: telemetryPart(deployment),
  clock: systemClock,
};

export const handler = queueHandler((deliveries) => askControllers(deps, deliveries));
