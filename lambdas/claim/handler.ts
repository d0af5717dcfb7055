/** The machines' door: a Lambda function URL with two paths, `/claim` and `/confirm`. */
import { accountOfArn } from '../../lib/adapters/identity/account.ts';
import { createTickets } from '../../lib/adapters/identity/tickets.ts';
import { createIdentityVerifier } from '../../lib/adapters/identity/verifier.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { readDeployment } from '../../lib/adapters/system/deployment.ts';
import { claimJob } from '../../lib/app/claim/claim-job.ts';
import { confirmClaim } from '../../lib/app/claim/confirm-claim.ts';
import { ticketGraceSeconds } from '../../lib/app/common/settings.ts';
import { readVariable, variables } from '../../lib/contract/environment.ts';
import { claimAnswerLines } from '../../lib/contract/machine.ts';
import { githubPart, secretPart, storeParts, telemetryPart } from '../common/parts.ts';
import { machineDoors } from './machine-doors.ts';

const deployment = readDeployment(import.meta.url);
const stores = storeParts();
const telemetry = telemetryPart(deployment);
const deps = {
  deployment,
  ...stores,
  github: githubPart({ notes: stores.notes, telemetry }),
  tickets: createTickets({ secret: secretPart(variables.ticketSecretArn) }),
  identity: createIdentityVerifier({
    accountId: accountOfArn(readVariable(variables.ticketSecretArn)),
    region: deployment.region,
    maxAgeSeconds: deployment.limits.bootSeconds + ticketGraceSeconds,
    clock: systemClock,
    certificates: deployment.identityCertificates,
  }),
  telemetry,
  clock: systemClock,
};

export const handler = machineDoors({
  '/claim': async (request) => {
    const result = await claimJob(deps, request);
    if (result.action === 'refuse') return { status: 403, text: `why=${result.why}\n` };
    return { status: 200, text: claimAnswerLines(result) };
  },
  '/confirm': async (request) => {
    const isConfirmed = await confirmClaim(deps, request);
    return isConfirmed ? { status: 200, text: 'confirmed=yes\n' } : { status: 403, text: 'why=refused\n' };
  },
});
