/** What `mayfly explain` says that it looked at: one line for each thing, and none for what it did not look at. */
import { describe, expect, it } from '@jest/globals';
import type { Facts, GitHubFacts } from '../../lib/app/insight/facts.ts';
import { whatWasChecked } from '../../lib/app/insight/what-was-checked.ts';
import { JobId } from '../../lib/core/ids.ts';
import { givenLaunch, givenRunner, type machine } from '../contracts/support/stored.ts';
import { acme, givenJob, givenTenant, permissions, small } from '../support/given.ts';
import { givenFacts, givenGitHub, givenUnheard, now } from '../support/given-facts.ts';

const ofRow = "the job's row: waiting, 0 launches";
const ofTenant = 'tenant acme: active, 0 of 2 machines, 0 of them small';
const ofLevel = 'runners register with the organization';
const notAsked = 'GitHub was not asked (--github)';
const waiter = { installationId: acme, tier: small, weight: 1, since: 0 };
const closing = (until: number) => ({ cause: 'capacity', code: 'Insufficient', until }) as const;

describe('what was checked', () => {
  it('includes at least the row, the tenant and its runners', () => {
    expect(whatWasChecked(givenFacts())).toEqual([ofRow, ofTenant, ofLevel, notAsked]);
  });

  it.each<[string, Partial<Facts>, readonly string[]]>([
    ['one launch', { job: givenJob({ attempts: 1 }) }, ["the job's row: waiting, 1 launch"]],
    [
      'the line of a job that waits',
      { line: { ahead: 3, recent: [givenJob(), givenJob()] } },
      ['the line: 3 jobs before it', "the tenant's latest jobs, for estimates: 2"],
    ],
    [
      "machines of the job's tier among all of the tenant's",
      { tenant: givenTenant({ leases: 2, tierLeases: new Map([[small, 1]]) }) },
      ['tenant acme: active, 2 of 2 machines, 1 of them small'],
    ],
    [
      'a fallback to the repository',
      { tenant: givenTenant({ permissions: { ...permissions, organization_self_hosted_runners: 'read' } }) },
      ['runners register with the repository (fallback)'],
    ],
    ['the default group', { group: {} }, ['runner group Default: not checked recently']],
    [
      'a group that is missing',
      { group: { name: 'builds', standing: { kind: 'missing' } } },
      ['runner group builds: missing'],
    ],
    ['EC2 with room', { supply: { closings: {}, caps: [] } }, ['EC2: no closed pools']],
    [
      'EC2 with closed pools, without those that are open again',
      {
        supply: {
          closings: { small: closing(now + 1), 'on-demand:small': closing(now + 1), medium: closing(now) },
          caps: [],
          pace: { callsPerSecond: 1, nextCallAt: now, lineEndsAt: now, turns: {}, slowedAt: now },
        },
      },
      ['EC2: closed pools: small, on-demand:small; calls are paced'],
    ],
    [
      'a cap over all tenants',
      {
        supply: {
          closings: {},
          caps: [
            {
              cap: { name: 'tier/small', machines: 9 },
              use: { rows: [{ key: 'k', leases: 4, changes: 0 }], waiters: [waiter, waiter] },
            },
          ],
        },
      },
      ['EC2: no closed pools', 'cap tier/small: 4 of 9, 2 in line'],
    ],
    ['no dead letter', { deadLetters: [] }, ['dead letters about it: none']],
    ['dead letters', { deadLetters: [{ queue: 'builds', ageMinutes: 1 }] }, ['dead letters about it: 1']],
  ])('names %s', (_, over, lines) => {
    const checked = whatWasChecked(givenFacts(over));
    const others = checked.filter((line) => !lines.includes(line));
    expect(checked).toEqual(expect.arrayContaining([...lines]));
    expect([ofRow, ofTenant, ofLevel, notAsked]).toEqual(expect.arrayContaining(others));
  });

  it('does not include a place in line for a job that has its machine', () => {
    const job = givenJob({ state: 'covered' });
    expect(whatWasChecked(givenFacts({ job, line: { ahead: 0, recent: [] } }))).toEqual([
      "the job's row: covered, 0 launches",
      ofTenant,
      ofLevel,
      "the tenant's latest jobs, for estimates: 0",
      notAsked,
    ]);
  });

  it('includes each launch and each machine once', () => {
    const runner = givenRunner();
    const former = givenRunner({ instanceId: 'i-0' as typeof machine, state: 'ended' });
    const plan = { launch: givenLaunch([givenJob()]), runner };
    const facts = givenFacts({ plan, former: { runner: former }, ranOn: runner });
    expect(whatWasChecked(facts).slice(3)).toEqual([
      'launch launch-1: intent',
      'machine i-1: booting',
      'machine i-0: ended',
      notAsked,
    ]);
    expect(whatWasChecked(givenFacts({ plan: {}, former: {} }))).toEqual(whatWasChecked(givenFacts()));
  });
});

describe('what was checked at GitHub', () => {
  const checkedWith = (over: Partial<GitHubFacts>) =>
    whatWasChecked(givenFacts({ github: givenGitHub({}, over) })).slice(3);

  it.each<[string, Partial<GitHubFacts>, readonly string[]]>([
    ['a job that it has', {}, []],
    ['a run that goes on', { run: { runId: 7, completed: false, conclusion: null } }, ['run 7: open']],
    [
      'a run that is over',
      { run: { runId: 7, completed: true, conclusion: 'failure' } },
      ['run 7: completed, failure'],
    ],
    ['a runner that it does not list', { runner: null }, ['runner: not listed']],
    ['a runner that works', { runner: { name: 'i-1', online: true, busy: true } }, ['runner: online, busy']],
    ['a runner that is away', { runner: { name: 'i-1', online: false, busy: false } }, ['runner: offline']],
    ['no delivery', { deliveries: [] }, ['deliveries of its webhook: 0']],
  ])('is %s', (_, over, lines) => {
    expect(checkedWith(over)).toEqual(['job: queued', ...lines].map((line) => `GitHub, ${line}`));
  });

  it('includes a job that GitHub does not have', () => {
    expect(checkedWith({ job: { kind: 'not-found' } })).toContain('GitHub, job: not-found');
  });

  it('quotes what GitHub said instead of an answer', () => {
    const job = { kind: 'refused', message: 'boom' } as const;
    expect(checkedWith({ job })).toContain('GitHub, job: refused (boom)');
  });

  it('includes the installation only if GitHub was asked for it', () => {
    const github = givenGitHub();
    expect(whatWasChecked(givenFacts({ github })).join()).not.toContain('installation');
    expect(whatWasChecked(givenUnheard({ github }))).toContain('GitHub, installation: unknown');
  });
});

describe('what was checked of a job without a row', () => {
  it('includes the tenant, or that there is none', () => {
    const { tenant: _none, ...nobody } = givenUnheard();
    expect(whatWasChecked(givenUnheard())).toEqual([
      'no row for the job',
      'tenant acme: active, 0 of 2 machines',
      ofLevel,
      notAsked,
    ]);
    expect(whatWasChecked(nobody)).toEqual(['no row for the job', 'no tenant', 'GitHub was not asked']);
  });

  it('says how many of a long line were searched', () => {
    const asked = { jobId: JobId(1), searchEndedAfter: 500 };
    expect(whatWasChecked(givenUnheard({ asked }))[0]).toBe(
      'no row for the job among the 500 waiting jobs that were read; there are more',
    );
  });
});
