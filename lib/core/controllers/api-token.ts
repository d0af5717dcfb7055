/**
 * The text of a token for the API: `mfc_<cell>.<installation>.<id>_<random>_<checksum>`. The readable part says where
 * the token belongs, so that a router needs no table to find its cell and its tenant's partition. It proves nothing:
 * anyone who edits it can recompute the checksum, which is there for typing errors and for secret scanners. The proof
 * is the digest of the whole.
 */
import { InstallationId } from '../ids.ts';

/** controller: speaks for one controller. administrator: manages its owner's controllers. */
export type TokenKind = 'controller' | 'administrator';

export interface TokenAddress {
  readonly kind: TokenKind;
  /** `<environment>.<region>`: the deployment that knows it. */
  readonly cell: string;
  readonly owner: InstallationId;
  /** `tok_` and 16 letters and digits. */
  readonly id: string;
}

const prefixes = { controller: 'mfc', administrator: 'mfa' } as const satisfies Record<TokenKind, string>;

const form =
  /^(?<prefix>mfc|mfa)_(?<cell>[a-z0-9-]{1,40}\.[a-z0-9-]{1,40})\.(?<owner>\d{1,15})\.(?<id>[a-z0-9]{16})_(?<random>[0-9a-f]{48})_(?<checksum>[0-9a-f]{8})$/;

export const cellOf = ({ environment, region }: { environment: string; region: string }) =>
  `${environment}.${region}`;

/** @param random 48 random hexadecimal digits */
export function tokenText({ kind, cell, owner, id }: TokenAddress, random: string): string {
  const body = `${prefixes[kind]}_${cell}.${owner}.${id.slice('tok_'.length)}_${random}`;
  return `${body}_${checksum(body)}`;
}

/** @returns its readable part; undefined if it is not a token, or was mistyped */
export function readToken(text: string): TokenAddress | undefined {
  const { prefix, cell, owner, id } = form.exec(text)?.groups ?? {};
  if (!prefix || !cell || !owner || !id) return undefined;
  const end = text.lastIndexOf('_');
  if (checksum(text.slice(0, end)) !== text.slice(end + 1)) return undefined;
  return {
    kind: prefix === prefixes.controller ? 'controller' : 'administrator',
    cell,
    owner: InstallationId(Number(owner)),
    id: `tok_${id}`,
  };
}

/** CRC-32, as in GitHub's own tokens: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/ */
export function checksum(text: string): string {
  let sum = 0xffffffff;
  for (let n = 0; n < text.length; n++) {
    sum ^= text.charCodeAt(n);
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return ((sum ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
}
