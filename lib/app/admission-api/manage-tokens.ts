/**
 * Tokens of a controller, or (without one) of an owner's administrators: created, rotated, revoked, listed. A token's
 * text is only in the response to the call that created it; if that response is lost, revoke the token and create
 * another.
 */
import type { TokenKind } from '../../core/controllers/api-token.ts';
import { tokenText } from '../../core/controllers/api-token.ts';
import { controllerBounds } from '../../core/controllers/controller.ts';
import type { ControllerAction } from '../../core/controllers/record.ts';
import type { StoredToken } from '../../core/controllers/token.ts';
import {
  addToken,
  isAlive,
  longestOverlapSeconds,
  revokeToken,
  rotateToken,
  type TokenChange,
  type TokenFault,
  tokensFor,
} from '../../core/controllers/token-rules.ts';
import type { InstallationId } from '../../core/ids.ts';
import { type Actor, type AdminDeps, findOwner, isFaulty, type Owner, recordOf } from './admin.ts';
import { type Faulty, faulty, inMotion, mostTries } from './fault.ts';

export interface TokenDeps extends AdminDeps {
  /** `<environment>.<region>`. */
  readonly cell: string;
}

/** The owner of the tokens. Without a controller: administrators of the owner's controllers. */
export interface Bearer {
  readonly owner: InstallationId;
  readonly controllerId?: string;
}

export interface MadeToken {
  readonly kind: 'made';
  readonly token: StoredToken;
  /** Shown once. Absent in a dry run. */
  readonly text?: string;
}

export async function listTokens(
  deps: AdminDeps,
  { owner, controllerId }: Bearer,
): Promise<{ readonly kind: 'tokens'; readonly tokens: readonly StoredToken[] } | Faulty> {
  const missing = await findMissing(deps, { owner, ...(controllerId === undefined ? {} : { controllerId }) });
  if (missing) return missing;
  const { tokens } = await deps.controllers.tokensOf(owner);
  const now = deps.clock.now();
  return { kind: 'tokens', tokens: tokensFor(tokens, controllerId).filter((token) => isAlive(token, now)) };
}

export function createToken(
  deps: TokenDeps,
  bearer: Bearer,
  description: string,
  actor: Actor,
): Promise<MadeToken | Faulty> {
  return makeToken(deps, bearer, {
    description: () => description,
    actor,
    action: 'controller-token-created',
    plan: (tokens, made, now) => addToken(tokens, made, now),
  });
}

export function replaceToken(
  deps: TokenDeps,
  bearer: Bearer,
  rotation: { readonly id: string; readonly overlapSeconds: number },
  actor: Actor,
): Promise<MadeToken | Faulty> {
  return makeToken(deps, bearer, {
    description: (tokens) => tokens.find(({ id }) => id === rotation.id)?.description ?? '',
    actor,
    action: 'controller-token-rotated',
    about: rotation.id,
    plan: (tokens, made, now) => rotateToken(tokens, { ...rotation, made }, now),
  });
}

export async function removeToken(
  deps: AdminDeps,
  bearer: Bearer,
  id: string,
  actor: Actor,
): Promise<{ readonly kind: 'revoked' } | Faulty> {
  const owner = await findOwner(deps, bearer.owner);
  if (isFaulty(owner)) return owner;
  const result = await change(deps, owner, actor, ({ tokens, now }) => ({
    action: 'controller-token-revoked',
    before: { [id]: tokens.find((token) => token.id === id)?.description ?? '' },
    after: {},
    planned: revokeToken(tokens, { id, controllerId: bearer.controllerId }, now),
  }));
  return isFaulty(result) ? result : { kind: 'revoked' };
}

async function makeToken(
  deps: TokenDeps,
  bearer: Bearer,
  making: {
    readonly description: (tokens: readonly StoredToken[]) => string;
    readonly actor: Actor;
    readonly action: ControllerAction;
    readonly about?: string;
    readonly plan: (
      tokens: readonly StoredToken[],
      made: StoredToken,
      now: number,
    ) => TokenChange | { readonly fault: TokenFault };
  },
): Promise<MadeToken | Faulty> {
  const missing = await findMissing(deps, bearer);
  if (missing) return missing;
  const owner = await findOwner(deps, bearer.owner);
  if (isFaulty(owner)) return owner;
  const { tokenSecrets, cell } = deps;
  const id = `tok_${tokenSecrets.id()}`;
  const kind: TokenKind = bearer.controllerId === undefined ? 'administrator' : 'controller';
  const text = tokenText({ kind, cell, owner: bearer.owner, id }, tokenSecrets.random());
  const made = (tokens: readonly StoredToken[], now: number): StoredToken => ({
    ...bearer,
    id,
    digest: tokenSecrets.digest(text),
    description: making.description(tokens),
    createdAt: new Date(now).toISOString(),
  });
  const { actor, action, about, plan } = making;
  const result = await change(deps, owner, actor, ({ tokens, now }) => {
    const token = made(tokens, now);
    const of = token.controllerId ?? 'administrators';
    const before = about === undefined ? {} : { [about]: of };
    return { action, before, after: { [id]: of }, planned: plan(tokens, token, now) };
  });
  if (isFaulty(result)) return result;
  const token = result.put.find((each) => each.id === id)!;
  return { kind: 'made', token, ...(actor.isDryRun ? {} : { text }) };
}

interface Planned {
  readonly action: ControllerAction;
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
  readonly planned: TokenChange | { readonly fault: TokenFault };
}

async function change(
  deps: AdminDeps,
  owner: Owner,
  actor: Actor,
  plan: (now: { readonly tokens: readonly StoredToken[]; readonly now: number }) => Planned,
): Promise<TokenChange | Faulty> {
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const list = await deps.controllers.tokensOf(owner.id);
    const { planned, action, before, after } = plan({ tokens: list.tokens, now: deps.clock.now() });
    if ('fault' in planned) return faultOf(planned.fault);
    if (actor.isDryRun) return planned;
    const record = recordOf(deps, owner, actor, { action, before, after });
    if ((await deps.controllers.changeTokens(list, { ...planned, record })) === 'saved') return planned;
  }
  return inMotion();
}

async function findMissing(
  { controllers }: AdminDeps,
  { owner, controllerId }: Bearer,
): Promise<Faulty | undefined> {
  if (controllerId === undefined) return undefined;
  const policy = await controllers.policyOf(owner);
  if (policy.controllers.some(({ id }) => id === controllerId)) return undefined;
  return faulty('missing', 'no-such-controller', `There is no controller ${controllerId}.`);
}

function faultOf(fault: TokenFault): Faulty {
  switch (fault) {
    case 'too-many': {
      const text = `There are ${controllerBounds.tokensEach} valid tokens already, which is the limit. Revoke one first.`;
      return faulty('conflict', 'too-many-tokens', text);
    }
    case 'unknown':
      return faulty('missing', 'no-such-token', 'There is no such token, or it was revoked.');
    case 'overlap': {
      const text = `The overlap must be a whole number of seconds from 0 to ${longestOverlapSeconds}.`;
      return faulty('invalid', 'invalid-overlap', text, { field: 'overlapSeconds' });
    }
    case 'rotated-already':
      return faulty('conflict', 'rotated-already', 'The token was already rotated: use its replacement.');
  }
}
