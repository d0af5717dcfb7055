/**
 * Launch tickets: a launch's facts, signed with the ticket secret. Without the secret nobody can make or change one. A
 * ticket contains no secret. Comparison takes constant time.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { InstallationId, LaunchId, TierName } from '../../core/ids.ts';
import type { Ticket, Tickets } from '../../ports/identity.ts';
import type { Secret } from '../../ports/secrets.ts';

/** The value of an EC2 tag: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html */
const longestTicket = 255;
/** A signature made for another purpose is invalid for a ticket. */
const purpose = 'mayfly-launch-ticket-1.';
/** Content and signature, each base64url; 32 bytes of signature are 43 characters. */
const form = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/;

export function createTickets({ secret }: { secret: Secret }): Tickets {
  async function isSigned(content: string, signature: string): Promise<boolean> {
    // Compared as texts, because several texts decode to the same bytes, and only one of them is the ticket.
    const given = Buffer.from(signature);
    const signedByAny = (secrets: readonly string[]) =>
      secrets.some((value) => value !== '' && timingSafeEqual(Buffer.from(sign(value, content)), given));
    if (signedByAny(await secret.values())) return true;
    // Another copy may have signed it with a newer secret than the cached one.
    return (await secret.refresh()) && signedByAny(await secret.values());
  }
  return {
    async issue(ticket) {
      const content = encode(ticket);
      const [current] = await secret.values();
      if (!current)
        throw new Error('The ticket secret is empty, so a ticket signed with it would prove nothing.');
      const issued = `${content}.${sign(current, content)}`;
      if (issued.length > longestTicket) {
        throw new Error(
          `The ticket of launch ${ticket.launchId} has ${issued.length} characters; a tag's value takes ` +
            `${longestTicket}. Shorten the name of the tier ${ticket.tier}.`,
        );
      }
      return issued;
    },
    async read(text, now) {
      const [, content, signature] = form.exec(text.slice(0, longestTicket + 1)) ?? [];
      if (!content || !signature) return { refused: 'malformed' };
      if (!(await isSigned(content, signature))) return { refused: 'forged' };
      const ticket = decode(content);
      if (!ticket) return { refused: 'malformed' };
      return now < ticket.expiresAt ? ticket : { refused: 'expired' };
    },
  };
}

const sign = (secret: string, content: string) =>
  createHmac('sha256', secret).update(purpose).update(content).digest('base64url');

const encode = ({ launchId, installationId, tier, expiresAt }: Ticket) =>
  Buffer.from(JSON.stringify([launchId, installationId, tier, expiresAt])).toString('base64url');

/** Only signed content is decoded; content of another form belongs to another version. */
function decode(content: string): Ticket | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(Buffer.from(content, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  const [launchId, installationId, tier, expiresAt] = Array.isArray(fields) ? fields : [];
  if (typeof launchId !== 'string' || typeof tier !== 'string') return undefined;
  if (!Number.isSafeInteger(installationId) || !Number.isSafeInteger(expiresAt)) return undefined;
  return {
    launchId: LaunchId(launchId),
    installationId: InstallationId(installationId),
    tier: TierName(tier),
    expiresAt,
  };
}
