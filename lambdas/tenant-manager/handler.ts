/** Behind the installations queue: keeps each tenant as GitHub says that its installation is. */
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { applyInstallationEvents } from '../../lib/app/apply-installation-events.ts';
import { githubPart, queuesPart, storeParts, telemetryPart } from '../common/parts.ts';
import { queueHandler } from '../common/queue-handler.ts';

const deployment = readDeployment(import.meta.url);
const deps = {
  deployment,
  ...storeParts(),
  github: githubPart(deployment),
  queues: queuesPart(),
  telemetry: telemetryPart(deployment),
  clock: systemClock,
};

export const handler = queueHandler((deliveries) => applyInstallationEvents(deps, deliveries));
