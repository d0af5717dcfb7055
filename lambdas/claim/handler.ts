/** The URL that machines call: a Lambda function URL with three paths, `/claim`, `/confirm` and `/start`. */
import gateScript from '../../images/gate.sh';
import { createRulesLoader } from '../../lib/adapters/cel/load-rules.ts';
import { accountOfArn } from '../../lib/adapters/identity/account.ts';
import { createTickets } from '../../lib/adapters/identity/tickets.ts';
import { createIdentityVerifier } from '../../lib/adapters/identity/verifier.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { answerStart, lateSeconds } from '../../lib/app/claim/answer-start.ts';
import { claimJob } from '../../lib/app/claim/claim-job.ts';
import { confirmClaim } from '../../lib/app/claim/confirm-claim.ts';
import { ticketGraceSeconds } from '../../lib/app/common/settings.ts';
import { readVariable, variables } from '../../lib/contract/environment.ts';
import { claimAnswerLines, startAnswerLines } from '../../lib/contract/machine.ts';
import { githubPart } from '../common/github-part.ts';
import { judgingParts, queuesPart, secretPart, telemetryPart } from '../common/parts.ts';
import { machineRoutes } from './machine-routes.ts';

const deployment = readDeployment(import.meta.url);
const { controllers, ...stores } = judgingParts();
const telemetry = telemetryPart(deployment);
const identityWithin = (maxAgeSeconds: number) =>
  createIdentityVerifier({
    accountId: accountOfArn(readVariable(variables.ticketSecretArn)),
    region: deployment.region,
    maxAgeSeconds,
    clock: systemClock,
    certificates: deployment.identityCertificates,
  });
const bootAgeSeconds = deployment.limits.bootSeconds + ticketGraceSeconds;
const deps = {
  deployment,
  ...stores,
  github: githubPart({ notes: stores.notes, telemetry }),
  tickets: createTickets({ secret: secretPart(variables.ticketSecretArn) }),
  identity: identityWithin(bootAgeSeconds),
  telemetry,
  clock: systemClock,
};

const startDeps = {
  ...deps,
  controllers,
  loadRules: createRulesLoader(),
  queues: queuesPart(),
  identity: identityWithin(bootAgeSeconds + lateSeconds(deployment)),
};

export const handler = machineRoutes({
  '/claim': async (request) => {
    const result = await claimJob(deps, request);
    if (result.action === 'refuse') return { status: 403, text: `why=${result.why}\n` };
    return { status: 200, text: claimAnswerLines(result, gateScript) };
  },
  '/confirm': async (request) => {
    const isConfirmed = await confirmClaim(deps, request);
    return isConfirmed ? { status: 200, text: 'confirmed=yes\n' } : { status: 403, text: 'why=refused\n' };
  },
  '/start': async (request) => {
    const result = await answerStart(startDeps, request);
    if (result.action === 'refuse') return { status: 403, text: `why=${result.why}\n` };
    return { status: 200, text: startAnswerLines(result) };
  },
});
