/** Behind the admission queue: asks external controllers, and asks GitHub about runs. */
import { createCallbacks } from '../../lib/adapters/callback/callbacks.ts';
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { askArrivals } from '../../lib/app/admission/ask-arrivals.ts';
import { withCircuitBreaker } from '../../lib/app/admission/circuit-breaker.ts';
import { githubAnswerMilliseconds } from '../../lib/app/common/settings.ts';
import type { GitHub } from '../../lib/ports/github.ts';
import {
  isOnLaptop,
  judgingParts,
  questionArrivalsPart,
  questionsPart,
  queuesPart,
  telemetryPart,
} from '../common/parts.ts';
import { queueHandler } from '../common/queue-handler.ts';

const deployment = readDeployment(import.meta.url);
/** Policies are read anew for each question: a decision made under an outdated policy would have to be made again. */
const { tenants, jobs, controllers, notes } = judgingParts({ keptSeconds: 0 });
const telemetry = telemetryPart(deployment);

/** Few jobs need GitHub, so the client is loaded with the first. */
let github: Promise<GitHub> | undefined;
const loadGitHub = () => {
  github ??= import('../common/github-part.ts').then(({ githubPart }) =>
    githubPart({ notes, telemetry, timeoutMs: githubAnswerMilliseconds }),
  );
  return github;
};

const deps = {
  deployment,
  tenants,
  jobs,
  controllers,
  questions: questionsPart(),
  callbacks: withCircuitBreaker(createCallbacks({ clock: systemClock, allowsLoopback: isOnLaptop() }), {
    clock: systemClock,
  }),
  loadRules: createRulesLoader(),
  queues: queuesPart(),
  arrivals: questionArrivalsPart(),
  telemetry,
  notes,
  loadGitHub,
  clock: systemClock,
};

export const handler = queueHandler((deliveries) => askArrivals(deps, deliveries));
