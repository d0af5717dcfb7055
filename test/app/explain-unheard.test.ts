/** What `mayfly explain` says of jobs that the platform has no row of, from given facts. */
import { describe, expect, it } from '@jest/globals';
import { explainUnheard, nearestTier } from '../../lib/app/insight/explain-unheard.ts';
import type { Facts, GitHubFacts } from '../../lib/app/insight/facts.ts';
import { givenTier, medium, noon } from '../support/given.ts';
import { givenGitHub, givenPlatform, givenUnheard } from '../support/given-facts.ts';

const explained = (github: GitHubFacts, over: Partial<Facts> = {}) =>
  explainUnheard(givenUnheard({ github, ...over }));
const delivered = (statusCode: number, answer = '') =>
  explained(givenGitHub({}, { deliveries: [{ id: 1, deliveredAt: noon, statusCode, answer }] }));
const noTiers = { platform: givenPlatform({ tiers: [] }) };

describe('the webhook of a job without a row', () => {
  it.each([200, 202, 399])('reached the platform with the answer %i', (status) => {
    expect(delivered(status)).toMatchObject({
      code: 'webhook-delivered',
      line: `GitHub delivered its webhook at 2026-11-21T12:00:00.000Z (${status}); its row is not written yet.`,
      who: 'nobody',
    });
  });

  it.each([
    [0, 'the platform did not answer', 'the URL is wrong'],
    [199, 'the platform answered 199', 'AWS failed'],
    [400, 'the platform answered 400', 'AWS failed'],
    [401, 'the platform answered 401', 'the webhook secrets in the App’s settings and here differ'],
    [503, 'the platform answered 503', 'AWS failed'],
  ])('failed with %i: %s', (status, what, cause) => {
    const { code, line, fix, who } = delivered(status);
    expect({ code, who }).toEqual({ code: 'webhook-failed', who: 'operator' });
    expect(line).toContain(`could not deliver its webhook: ${what} (${cause}`);
    expect(fix).toMatch(status === 401 ? /^npx mayfly rotate-webhook-secret/ : /Redeliver\.$/);
  });

  it('is missing, or was not looked for', () => {
    expect(explained(givenGitHub({}, { deliveries: [] })).line).toMatch(/; GitHub sent no webhook for it/);
    expect(explained(givenGitHub()).line).toMatch(/; its webhook is not among the latest deliveries/);
  });

  it('shows how long it has been a dead letter', () => {
    const deadLetters = [{ queue: 'builds', ageMinutes: 30 }];
    expect(explained(givenGitHub(), { deadLetters })).toMatchObject({
      code: 'dead-letter',
      line: expect.stringMatching(/dead letters of builds for 30 min\.$/),
    });
    expect(explained(givenGitHub(), { deadLetters: [] }).code).toBe('webhook-missing');
  });
});

describe('a job that GitHub does not show', () => {
  it('is to be asked about again if GitHub refuses to answer', () => {
    const refused = givenGitHub({}, { job: { kind: 'refused', message: 'rate limit' } });
    expect(explained(refused)).toEqual({
      code: 'not-asked',
      line: 'GitHub gave no answer about the job: rate limit.',
      next: 'Ask again later.',
      fix: 'npx mayfly tenant validate shows what the App may do there.',
      who: 'operator',
    });
  });

  it('is in a repository whose name is unknown', () => {
    const github = givenGitHub({}, { job: { kind: 'not-found' } });
    const { jobId } = givenUnheard().asked;
    expect(explained(github, { asked: { jobId } }).line).toBe('GitHub has no such job in its repository.');
  });

  it('may belong to an installation that was not asked about', () => {
    const { tenant: _none, ...facts } = givenUnheard({ github: givenGitHub() });
    expect(explainUnheard(facts).code).toBe('webhook-missing');
  });
});

describe('a job that only GitHub has', () => {
  it.each([
    [{ status: 'queued', labels: [] }, 'group-only', 'author'],
    [{ status: 'completed', labels: [] }, 'group-only', 'author'],
    // By its runner it may be one of ours.
    [{ status: 'in_progress', labels: [] }, 'hosted-by-github', 'nobody'],
    [{ status: 'queued', labels: ['ubuntu-latest'] }, 'hosted-by-github', 'nobody'],
    [{ status: 'in_progress' }, 'unheard-running', 'nobody'],
    [{ status: 'completed' }, 'unheard-over', 'nobody'],
  ] as const)('with %j is %s', (over, code, who) => {
    expect(explained(givenGitHub(over))).toMatchObject({ code, who });
  });

  it('is over without a runner and without a conclusion', () => {
    expect(explained(givenGitHub({ status: 'completed' })).line).toBe(
      'It is over (no conclusion), but the platform has no row of it.',
    );
  });

  it('has no fix if there are no tiers', () => {
    const unknown = explained(givenGitHub(), noTiers);
    expect(unknown.line).toBe('No tier has all of its labels [self-hosted, small]: there are no tiers.');
    expect(unknown.fix).toMatch(/runs-on: \[\]/);
    expect(explained(givenGitHub({ labels: [] }), noTiers).fix).toMatch(/labels: \[\]\}/);
  });
});

describe('the nearest tier', () => {
  const tiers = [givenTier(), givenTier({ name: medium, labels: ['self-hosted', 'linux', 'x64', 'medium'] })];

  it.each([
    [['self-hosted', 'smal'], 'small', ['smal']],
    [['self-hosted', 'MEDIUM', 'arm64'], 'medium', ['arm64']],
    [['gpu'], 'small', ['gpu']],
  ])('of %j is %s', (labels, name, missing) => {
    expect(nearestTier(labels, tiers)).toMatchObject({ tier: { name }, missing });
  });

  it('is none if there are no tiers', () => {
    expect(nearestTier(['small'], [])).toBeUndefined();
  });

  const nearest = (labels: readonly string[], ...offered: (readonly string[])[]) =>
    nearestTier(
      labels,
      offered.map((own) => givenTier({ labels: own })),
    )?.tier.labels;

  it.each([
    // One pair of letters in common, of two and of five.
    [['gpu'], [['cpu-gp'], ['gpx']], ['cpu-gp']],
    [['large'], [['medium'], ['largest']], ['largest']],
    [
      ['arm', 'big'],
      [['arm'], ['arm', 'bag', 'bigger']],
      ['arm', 'bag', 'bigger'],
    ],
    // No pair of letters in common: the first one.
    [['am'], [['ab'], ['xm']], ['ab']],
    // All of the short label is in the one, and little of the long label in the other.
    [['ab', 'stuvwxyz'], [['stuq'], ['abx']], ['abx']],
  ])('to %j of %j is %j', (labels, offered, expected) => {
    expect(nearest(labels, ...offered)).toEqual(expected);
  });

  it('lacks the fewest labels, and is the most similar of those', () => {
    expect(nearest(['arm', 'gpuu'], ['arm'], ['gpu'], ['armm', 'gpu'])).toEqual(['arm']);
  });

  it('names each missing label once', () => {
    expect(nearestTier(['GPU', 'gpu'], [givenTier({ name: medium })])?.missing).toEqual(['gpu']);
  });
});
