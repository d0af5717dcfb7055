/**
 * The secrets that sign the callbacks of an https controller. A rotation creates the first one like every other; the
 * response shows its value, which is never shown again.
 */
import type { Controller } from '../../core/controllers/controller.ts';
import type { SigningSecret } from '../../core/controllers/secret.ts';
import { isSigning, rotateSecret } from '../../core/controllers/secret-rules.ts';
import { longestOverlapSeconds } from '../../core/controllers/token-rules.ts';
import type { InstallationId } from '../../core/ids.ts';
import { type Actor, type AdminDeps, findOwner, isFaulty, recordOf } from './admin.ts';
import { type Faulty, faulty, inMotion } from './fault.ts';

/** A secret without its value. */
export type KnownSecret = Omit<SigningSecret, 'value'>;

export interface MadeSecret {
  readonly kind: 'made';
  readonly secret: KnownSecret;
  /** Shown once. Absent in a dry run. */
  readonly value?: string;
}

export async function listSecrets(
  deps: AdminDeps,
  owner: InstallationId,
  controllerId: string,
): Promise<{ readonly kind: 'secrets'; readonly secrets: readonly KnownSecret[] } | Faulty> {
  const controller = await findHttps(deps, owner, controllerId);
  if (isFaulty(controller)) return controller;
  const secrets = await deps.controllers.secretsOf(owner, controllerId);
  const now = deps.clock.now();
  return { kind: 'secrets', secrets: secrets.filter((secret) => isSigning(secret, now)).map(known) };
}

export async function rotateSigningSecret(
  deps: AdminDeps,
  about: { readonly owner: InstallationId; readonly controllerId: string; readonly overlapSeconds: number },
  actor: Actor,
): Promise<MadeSecret | Faulty> {
  const { owner, controllerId, overlapSeconds } = about;
  const found = await findOwner(deps, owner);
  if (isFaulty(found)) return found;
  const controller = await findHttps(deps, owner, controllerId);
  if (isFaulty(controller)) return controller;
  const { tokenSecrets, clock, controllers } = deps;
  const now = clock.now();
  const value = tokenSecrets.signingSecret();
  const made = { id: `sec_${tokenSecrets.id()}`, value, createdAt: new Date(now).toISOString() };
  const secrets = await controllers.secretsOf(owner, controllerId);
  const next = rotateSecret(secrets, { made, overlapSeconds }, now);
  if ('fault' in next) return faultOf(next.fault);
  if (actor.isDryRun) return { kind: 'made', secret: known(made) };
  const ids = (of: readonly SigningSecret[]) => ({ [controllerId]: of.map(({ id }) => id).join(', ') });
  const record = recordOf(deps, found, actor, {
    action: 'controller-secret-rotated',
    before: ids(secrets),
    after: ids(next),
  });
  const saved = await controllers.saveSecrets(owner, controllerId, { from: secrets, put: next, record });
  return saved === 'saved' ? { kind: 'made', secret: known(made), value } : inMotion();
}

async function findHttps(
  { controllers }: AdminDeps,
  owner: InstallationId,
  id: string,
): Promise<Controller | Faulty> {
  const controller = (await controllers.policyOf(owner)).controllers.find((each) => each.id === id);
  if (!controller) return faulty('missing', 'no-such-controller', `There is no controller ${id}.`);
  if (controller.transport.kind === 'https') return controller;
  const text = `${id} has the transport ${controller.transport.kind}; only https has secrets.`;
  return faulty('conflict', 'no-https-transport', text);
}

function faultOf(fault: 'overlap' | 'rotated-already'): Faulty {
  if (fault === 'overlap') {
    const text = `The overlap must be a whole number of seconds from 0 to ${longestOverlapSeconds}.`;
    return faulty('invalid', 'invalid-overlap', text, { field: 'overlapSeconds' });
  }
  const text =
    'There are two secrets already. Wait until the older one expires, or rotate with an overlap of 0.';
  return faulty('conflict', 'rotated-already', text);
}

const known = ({ id, createdAt, endsAt }: SigningSecret): KnownSecret => ({
  id,
  createdAt,
  ...(endsAt === undefined ? {} : { endsAt }),
});
