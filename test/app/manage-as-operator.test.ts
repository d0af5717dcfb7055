/** What of the API's use cases only the operator's commands reach: the API itself refuses it before. */
import { describe, expect, it } from '@jest/globals';
import { tokenSecrets } from '../../lib/adapters/identity/token-secrets.ts';
import { findOwner } from '../../lib/app/admission-api/admin.ts';
import { listSecrets, rotateSigningSecret } from '../../lib/app/admission-api/manage-secrets.ts';
import { createToken, replaceToken } from '../../lib/app/admission-api/manage-tokens.ts';
import { tryJob } from '../../lib/app/admission-api/try-job.ts';
import { cellOf } from '../../lib/core/controllers/api-token.ts';
import { platformOwner } from '../../lib/core/controllers/controller.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import { givenController, putControllers } from '../support/controllers.ts';
import { acme, givenTenant, small } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const gone = InstallationId(303);
const actor = { who: 'operator' };
const dryRun = { ...actor, isDryRun: true };

async function given() {
  const deleted = givenTenant({ installationId: gone, accountId: 3, status: 'deleted' });
  const platform = await givenPlatform({ tenants: [givenTenant(), deleted] });
  const transport = { kind: 'https', url: 'https://controller.example.com/' } as const;
  await putControllers(platform.controllers, givenController({ id: 'ctl_1', transport }));
  const deps = { ...platform, tokenSecrets, cell: cellOf(platform.deployment) };
  const secret = (overlapSeconds: number, who: typeof actor = actor) =>
    rotateSigningSecret(deps, { owner: acme, controllerId: 'ctl_1', overlapSeconds }, who);
  return { deps, secret };
}

describe('an owner of controllers', () => {
  it('is the platform, or an installation that is not deleted', async () => {
    const { deps } = await given();
    expect(await findOwner(deps, platformOwner)).toEqual({ id: platformOwner });
    expect(await findOwner(deps, acme)).toMatchObject({ id: acme, tenant: { accountLogin: 'acme' } });
    const missing = { kind: 'missing', code: 'no-such-installation' };
    expect(await findOwner(deps, gone)).toMatchObject({
      fault: {
        ...missing,
        text: expect.stringMatching(/ uninstalled the App: .* installation 303 can be changed/),
      },
    });
    expect(await findOwner(deps, InstallationId(404))).toMatchObject({
      fault: { ...missing, text: 'There is no installation 404.' },
    });
  });
});

describe('a rotation', () => {
  it('of a secret changes nothing in a dry run, and shows no value', async () => {
    const { deps, secret } = await given();
    const shown = { id: expect.any(String), createdAt: expect.any(String) };
    expect(await secret(0, dryRun)).toEqual({ kind: 'made', secret: shown });
    expect(await listSecrets(deps, acme, 'ctl_1')).toEqual({ kind: 'secrets', secrets: [] });
    expect(await secret(0)).toMatchObject({ kind: 'made', value: expect.any(String) });
    expect(await listSecrets(deps, acme, 'ctl_1')).toMatchObject({ secrets: [{}] });
  });

  it('shows when the former secret ends, and says what is wrong with another one', async () => {
    const { deps, secret } = await given();
    await secret(0);
    const invalid = { fault: { kind: 'invalid', code: 'invalid-overlap', field: 'overlapSeconds' } };
    expect(await secret(-1)).toMatchObject(invalid);
    await secret(3_600);
    const endsAt = deps.clock.now() + 3_600_000;
    expect(await listSecrets(deps, acme, 'ctl_1')).toMatchObject({ secrets: [{ endsAt }, {}] });
    expect(await secret(3_600)).toMatchObject({ fault: { code: 'rotated-already' } });
    const made = await createToken(deps, { owner: acme }, 'one', actor);
    const id = made.kind === 'made' ? made.token.id : '';
    const token = (overlapSeconds: number) =>
      replaceToken(deps, { owner: acme }, { id, overlapSeconds }, actor);
    expect(await token(-1)).toMatchObject(invalid);
    await token(3_600);
    expect(await token(3_600)).toMatchObject({ fault: { code: 'rotated-already' } });
  });
});

it('a job is not tried for the platform: it belongs to one installation', async () => {
  const { deps } = await given();
  const job = { tier: small, repository: { name: 'acme/app' } };
  expect(await tryJob(deps, platformOwner, job)).toMatchObject({
    fault: { kind: 'invalid', code: 'no-tenant' },
  });
});
