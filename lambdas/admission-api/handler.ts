/** The REST API of admission controllers: a Lambda function URL. */
import { handle } from 'hono/aws-lambda';
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { tokenSecrets } from '../../lib/adapters/identity/token-secrets.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { createRateLimit } from '../../lib/app/admission-api/rate-limit.ts';
import { cellOf } from '../../lib/core/controllers/api-token.ts';
import {
  controllersPart,
  githubPart,
  requestCountsPart,
  storeParts,
  telemetryPart,
} from '../common/parts.ts';
import { createApi } from './api.ts';

const deployment = readDeployment(import.meta.url);
const { tenants, notes } = storeParts();

export const handler = handle(
  createApi({
    deployment,
    cell: cellOf(deployment),
    tenants,
    controllers: controllersPart(),
    github: githubPart({ notes, telemetry: telemetryPart(deployment) }),
    tokenSecrets,
    rateLimit: createRateLimit({ counts: requestCountsPart(), clock: systemClock }),
    clock: systemClock,
    loadRules: createRulesLoader(),
  }),
);
