/**
 * Authenticates a request by its token. The readable part only says where to look: the proof is the digest of the whole,
 * compared in constant time. Whatever is wrong with it, the answer is the same.
 */
import { readToken, type TokenKind } from '../../core/controllers/api-token.ts';
import { platformOwner } from '../../core/controllers/controller.ts';
import type { StoredToken } from '../../core/controllers/token.ts';
import { isAlive, isUseToNote } from '../../core/controllers/token-rules.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import type { AdminDeps } from './admin.ts';

export interface Caller {
  readonly token: StoredToken;
  readonly kind: TokenKind;
}

/** Compared with if there is no such token, so that the answer takes as long. */
const nobody = '0'.repeat(64);

/** @param authorization the header: `Bearer mfc_…` */
export async function authenticate(
  deps: AdminDeps & { readonly cell: string; readonly telemetry: Telemetry },
  authorization: string | undefined,
): Promise<Caller | undefined> {
  const [, text = ''] = /^bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
  const address = readToken(text);
  if (!address || address.cell !== deps.cell) return undefined;
  const { owner, id } = address;
  const token = await deps.controllers.token(owner, id);
  const isProven = deps.tokenSecrets.isSame(deps.tokenSecrets.digest(text), token?.digest ?? nobody);
  const now = deps.clock.now();
  if (!token || !isProven || !isAlive(token, now)) return undefined;
  // Only now: anyone can name a tenant in a token, and its jobs need the reads that DynamoDB allows for its row.
  const tenant = owner === platformOwner ? undefined : await deps.tenants.get(owner);
  // A tenant that uninstalled the App has no access any more.
  if (owner !== platformOwner && (!tenant || tenant.status === 'deleted')) return undefined;
  if (isUseToNote(token, now)) {
    await deps.controllers.noteTokenUse(owner, id, new Date(now).toISOString());
    if (token.controllerId !== undefined) deps.telemetry.count('ControllersConnected');
  }
  return { token, kind: token.controllerId === undefined ? 'administrator' : 'controller' };
}
