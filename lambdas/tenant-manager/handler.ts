/** Behind the installations queue: updates each tenant to match its installation on GitHub. */
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { applyInstallationEvents } from '../../lib/app/tenants/apply-installation-events.ts';
import { githubPart } from '../common/github-part.ts';
import { queuesPart, storeParts, telemetryPart } from '../common/parts.ts';
import { queueHandler } from '../common/queue-handler.ts';

const deployment = readDeployment(import.meta.url);
const stores = storeParts();
const telemetry = telemetryPart(deployment);
const deps = {
  deployment,
  ...stores,
  github: githubPart({ notes: stores.notes, telemetry }),
  queues: queuesPart(),
  telemetry,
  clock: systemClock,
};

export const handler = queueHandler((deliveries) => applyInstallationEvents(deps, deliveries));
