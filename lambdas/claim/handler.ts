/**
 * The machines' door: a Lambda function URL with two paths, `/claim` and `/confirm`. It parses, calls one use case, and
 * maps its answer to lines that a shell can read.
 */
import { accountOfArn } from '../../lib/adapters/identity/account.ts';
import { createTickets } from '../../lib/adapters/identity/tickets.ts';
import { createIdentityVerifier } from '../../lib/adapters/identity/verifier.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { claimJob } from '../../lib/app/claim-job.ts';
import { confirmClaim } from '../../lib/app/confirm-claim.ts';
import { ticketGraceSeconds } from '../../lib/app/settings.ts';
import { readVariable, variables } from '../../lib/contract/environment.ts';
import { claimAnswerLines, type MachineRequest, parseMachineRequest } from '../../lib/contract/machine.ts';
import { githubPart, secretPart, storeParts, telemetryPart } from '../common/parts.ts';

const deployment = readDeployment(import.meta.url);
const deps = {
  deployment,
  ...storeParts(),
  github: githubPart(deployment),
  tickets: createTickets({ secret: secretPart(variables.ticketSecretArn) }),
  identity: createIdentityVerifier({
    accountId: accountOfArn(readVariable(variables.ticketSecretArn)),
    region: deployment.region,
    maxAgeSeconds: deployment.limits.bootSeconds + ticketGraceSeconds,
    clock: systemClock,
    certificates: deployment.identityCertificates,
  }),
  telemetry: telemetryPart(deployment),
  clock: systemClock,
};

interface Request {
  readonly rawPath: string;
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

const doors: Record<string, (request: MachineRequest) => Promise<{ status: number; text: string }>> = {
  '/claim': async (request) => {
    const result = await claimJob(deps, request);
    if (result.action === 'refuse') return { status: 403, text: `why=${result.why}\n` };
    return { status: 200, text: claimAnswerLines(result) };
  },
  '/confirm': async (request) =>
    (await confirmClaim(deps, request))
      ? { status: 200, text: 'confirmed=yes\n' }
      : { status: 403, text: 'why=refused\n' },
};

export async function handler({ rawPath, body = '', isBase64Encoded }: Request) {
  const door = Object.hasOwn(doors, rawPath) ? doors[rawPath] : undefined;
  if (!door) return answer(404, `why=The paths are ${Object.keys(doors).join(' and ')}.\n`);
  const request = parseMachineRequest(isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body);
  if (!request)
    return answer(400, 'why=The body must be JSON with ticket, document, signature and nonce as texts.\n');
  const { status, text } = await door(request);
  return answer(status, text);
}

const answer = (statusCode: number, body: string) => ({
  statusCode,
  headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
  body,
});
