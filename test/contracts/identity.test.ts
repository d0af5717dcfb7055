/** Tickets and identity documents: which are accepted, and every reason to refuse one. */
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { accountOfArn } from '../../lib/adapters/identity/account.ts';
import { createTickets } from '../../lib/adapters/identity/tickets.ts';
import { createIdentityVerifier } from '../../lib/adapters/identity/verifier.ts';
import { awsCertificates, trustedCertificates } from '../../lib/contract/aws-certificates.ts';
import { InstallationId, LaunchId, TierName } from '../../lib/core/ids.ts';
import { createIdentitySigner } from '../../lib/local/ec2/identity.ts';
import type { Ticket } from '../../lib/ports/identity.ts';
import { createMemoryClock } from '../fakes/clock.ts';
import { createMemorySecret } from '../fakes/secrets.ts';
import { fc } from '../support/properties.ts';

const now = Date.parse('2026-11-21T12:00:00Z');
const ticket: Ticket = {
  launchId: LaunchId('0123456789abcdef0123456789abcdef'),
  installationId: InstallationId(101),
  tier: TierName('small'),
  expiresAt: now + 660_000,
};

function givenTickets() {
  const clock = createMemoryClock(now);
  const secret = createMemorySecret({ value: 'one', clock });
  return { clock, secret, tickets: createTickets({ secret }) };
}

describe('a launch ticket', () => {
  it("is read as it was issued, and fits into a tag's value", async () => {
    const { tickets } = givenTickets();
    const word = fc.stringMatching(/^[a-z0-9-]{1,32}$/);
    const id = fc.integer({ min: 1, max: 2 ** 40 });
    await fc.assert(
      fc.asyncProperty(word, word, id, async (launch, tier, installation) => {
        const given = {
          launchId: LaunchId(launch),
          installationId: InstallationId(installation),
          tier: TierName(tier),
          expiresAt: now + 1,
        };
        const issued = await tickets.issue(given);
        expect(issued).toMatch(/^[A-Za-z0-9._-]{1,255}$/);
        expect(await tickets.read(issued, now)).toEqual(given);
      }),
      { numRuns: 50 },
    );
  });

  it('is rejected if any of its characters is changed', async () => {
    const { tickets } = givenTickets();
    const issued = await tickets.issue(ticket);
    for (let at = 0; at < issued.length; at += 1) {
      // The neighbouring letter: in the last place it could decode to the same bytes.
      const next = String.fromCharCode(issued.charCodeAt(at) + 1);
      const altered = issued.slice(0, at) + next + issued.slice(at + 1);
      const read = await tickets.read(altered, now);
      expect(['forged', 'malformed']).toContain((read as { refused: string }).refused);
    }
  });

  it('is forged when another secret signed it', async () => {
    const other = givenTickets();
    other.secret.rotate('two');
    const foreign = await other.tickets.issue(ticket);
    const { tickets, secret, clock } = givenTickets();
    secret.rotate('three');
    clock.advance(300_000);
    expect(await tickets.read(foreign, now)).toEqual({ refused: 'forged' });
  });

  it.each(['', 'x', 'a.b', `${'a'.repeat(300)}.${'b'.repeat(43)}`, 'a.b.c', '../../etc'])(
    'is malformed: %j',
    async (text) => {
      expect(await givenTickets().tickets.read(text, now)).toEqual({ refused: 'malformed' });
    },
  );

  it('expires', async () => {
    const { tickets } = givenTickets();
    const issued = await tickets.issue(ticket);
    expect(await tickets.read(issued, ticket.expiresAt - 1)).toEqual(ticket);
    expect(await tickets.read(issued, ticket.expiresAt)).toEqual({ refused: 'expired' });
  });

  it('outlives one rotation of its secret', async () => {
    const { tickets, secret, clock } = givenTickets();
    const issued = await tickets.issue(ticket);
    secret.rotate('two');
    clock.advance(300_000);
    expect(await tickets.read(issued, now)).toEqual(ticket);
    secret.rotate('three');
    clock.advance(300_000);
    expect(await tickets.read(issued, now)).toEqual({ refused: 'forged' });
  });

  it('is not issued if it would not fit into a tag', async () => {
    const tier = TierName('t'.repeat(200));
    await expect(givenTickets().tickets.issue({ ...ticket, tier })).rejects.toThrow(/Shorten the name/);
  });
});

const signer = createIdentitySigner(new Date(now));
const stranger = createIdentitySigner(new Date(now));
const facts = {
  instanceId: 'i-0123456789abcdef0',
  accountId: '111122223333',
  region: 'eu-west-1',
  pendingTime: '2026-11-21T11:59:30Z',
};
const base64 = (text: string) => Buffer.from(text).toString('base64');

function given(over: Record<string, unknown> = {}, by = signer) {
  const text = JSON.stringify({ ...facts, ...over }, null, 2);
  return { text, document: base64(text), signature: by.signature(text) };
}

const options = { accountId: facts.accountId, maxAgeSeconds: 660, clock: createMemoryClock(now) };

describe('an instance identity document', () => {
  const verifier = createIdentityVerifier({
    accountId: facts.accountId,
    region: facts.region,
    maxAgeSeconds: 660,
    clock: createMemoryClock(now),
    certificates: [signer.certificatePem],
  });

  it("contains the machine's id", async () => {
    const { document, signature } = given();
    const expected = { ...facts, pendingTime: Date.parse(facts.pendingTime) };
    expect(await verifier.verify(document, signature)).toEqual(expected);
    expect(await verifier.verify(document, signature.replaceAll('\n', ''))).toEqual(expected);
  });

  it('is not even parsed if it is longer than eight kilobytes', async () => {
    const long = given({ note: 'x'.repeat(6_500) });
    expect(await verifier.verify(long.document, long.signature)).toEqual({ refused: 'malformed' });
    const shorter = given({ note: 'x'.repeat(5_000) });
    expect(await verifier.verify(shorter.document, shorter.signature)).toMatchObject({
      instanceId: facts.instanceId,
    });
  });

  it("contains the machine's type and zone, if the document has them", async () => {
    const { document, signature } = given({ instanceType: 't3.large', availabilityZone: 'eu-west-1a' });
    expect(await verifier.verify(document, signature)).toMatchObject({
      instanceType: 't3.large',
      zone: 'eu-west-1a',
    });
  });

  it.each([
    { name: 'signed by a stranger', ...given({}, stranger), refused: 'unverified' },
    {
      name: 'altered after signing',
      ...given(),
      document: base64(given().text.replace('i-0', 'i-1')),
      refused: 'unverified',
    },
    { name: 'with one more byte', ...given(), document: base64(`${given().text}\n`), refused: 'unverified' },
    {
      name: 'with the signature of another',
      ...given(),
      signature: given({ instanceId: 'i-1' }).signature,
      refused: 'unverified',
    },
    { name: 'without a signature', ...given(), signature: '', refused: 'malformed' },
    { name: 'without content', ...given(), document: '', refused: 'malformed' },
    { name: 'of absurd length', ...given(), document: 'A'.repeat(10_000), refused: 'malformed' },
    { name: 'with a field missing', ...given({ instanceId: undefined }), refused: 'malformed' },
    { name: 'with an invalid time', ...given({ pendingTime: 'soon' }), refused: 'malformed' },
    { name: 'of another account', ...given({ accountId: '999999999999' }), refused: 'other-account' },
    { name: 'of another region', ...given({ region: 'us-east-1' }), refused: 'other-region' },
    {
      name: 'of a machine that started long ago',
      ...given({ pendingTime: '2026-11-21T11:48:59Z' }),
      refused: 'expired',
    },
    {
      name: 'of a machine from the future',
      ...given({ pendingTime: '2026-11-21T12:05:01Z' }),
      refused: 'expired',
    },
  ])('$name is refused: $refused', async ({ document, signature, refused }) => {
    expect(await verifier.verify(document, signature)).toEqual({ refused });
  });

  it('is accepted with either certificate while AWS changes the region’s', async () => {
    const certificates = [signer.certificatePem, stranger.certificatePem];
    const both = createIdentityVerifier({ ...options, region: facts.region, certificates });
    for (const by of [signer, stranger]) {
      const { document, signature } = given({}, by);
      expect(await both.verify(document, signature)).toMatchObject({ instanceId: facts.instanceId });
    }
  });

  it("is accepted only with AWS's own certificate if no other is configured", async () => {
    const real = createIdentityVerifier({
      accountId: facts.accountId,
      region: facts.region,
      maxAgeSeconds: 660,
      clock: createMemoryClock(now),
    });
    const { document, signature } = given();
    expect(await real.verify(document, signature)).toEqual({ refused: 'unverified' });
  });
});

describe('the certificates', () => {
  const all = Object.entries(awsCertificates).flatMap(([region, list]) => list.map((body) => [region, body]));

  it("of the configuration come after AWS's own of the region, and replace none", () => {
    const own = trustedCertificates('eu-west-1');
    expect(own).toHaveLength(1);
    expect(trustedCertificates('eu-west-1', ['added'])).toEqual([...own, 'added']);
    expect(trustedCertificates('moon-1', ['added'])).toEqual(['added']);
  });

  it.each(all)('of AWS for %s is whole: RSA, and signed by itself', (region = '', body = '') => {
    const certificate = new X509Certificate(Buffer.from(body, 'base64'));
    expect(certificate.publicKey.asymmetricKeyType).toBe('rsa');
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.validToDate.getTime()).toBeGreaterThan(now);
    expect(() => createIdentityVerifier({ ...options, region })).not.toThrow();
  });

  it('say what to do if AWS has none for the region', () => {
    expect(() => createIdentityVerifier({ ...options, region: 'moon-1' })).toThrow(
      /moon-1.*us-east-1.*identityCertificates\["moon-1"\]/s,
    );
  });

  it('name the invalid one', () => {
    const certificates = ['not a certificate'];
    expect(() => createIdentityVerifier({ ...options, region: 'eu-west-1', certificates })).toThrow(
      /not a PEM/,
    );
  });
});

describe('the account of an ARN', () => {
  it('is its fifth part', () => {
    expect(accountOfArn('arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:x')).toBe('111122223333');
    expect(() => accountOfArn('arn:aws:s3:::bucket')).toThrow(/names an account/);
  });
});
