/** The REST API of admission controllers: a Lambda function URL. */
import { handle } from 'hono/aws-lambda';
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { tokenSecrets } from '../../lib/adapters/identity/token-secrets.ts';
import { systemChance, systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { createLongPolls } from '../../lib/app/admission-api/long-polls.ts';
import { createRateLimit } from '../../lib/app/admission-api/rate-limit.ts';
import { variables } from '../../lib/contract/environment.ts';
import { cellOf } from '../../lib/core/controllers/api-token.ts';
import { longPollBounds } from '../../lib/core/controllers/long-polls.ts';
import { githubPart } from '../common/github-part.ts';
import {
  controllersPart,
  isOnLaptop,
  questionsPart,
  queuesPart,
  requestCountsPart,
  storeParts,
  telemetryPart,
} from '../common/parts.ts';
import { createApi } from './api.ts';

const deployment = readDeployment(import.meta.url);
const { tenants, notes } = storeParts();
const telemetry = telemetryPart(deployment);
const reserved = process.env[variables.reservedConcurrency];
const bounds = longPollBounds(reserved === undefined ? undefined : Number(reserved));

export const handler = handle(
  createApi({
    deployment,
    cell: cellOf(deployment),
    tenants,
    controllers: controllersPart(),
    github: githubPart({ notes, telemetry }),
    questions: questionsPart(),
    longPolls: createLongPolls({ notes, telemetry, clock: systemClock, chance: systemChance }, bounds),
    queues: queuesPart(),
    telemetry,
    tokenSecrets,
    rateLimit: createRateLimit({ counts: requestCountsPart(), clock: systemClock }),
    clock: systemClock,
    loadRules: createRulesLoader(),
    allowsLoopback: isOnLaptop(),
  }),
);
