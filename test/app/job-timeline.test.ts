/** The timeline of a job in `mayfly explain`: everything known about the job, in order, and nothing else. */
import { describe, expect, it } from '@jest/globals';
import type { Facts } from '../../lib/app/insight/facts.ts';
import { timelineOf } from '../../lib/app/insight/timeline.ts';
import { JobId } from '../../lib/core/ids.ts';
import { reason } from '../../lib/core/reason.ts';
import { givenLaunch, givenRunner, lease0, machine } from '../contracts/support/stored.ts';
import { givenJob, noon } from '../support/given.ts';
import { givenFacts, givenGitHub, givenUnheard } from '../support/given-facts.ts';

/** Each line with the seconds since noon. */
const textsOf = (facts: Facts) => timelineOf(facts).map(({ at, text }) => `${(at - noon) / 1000} ${text}`);

const queued = '0 GitHub created the job, for [small]';
const job = givenJob({ labels: ['small'], acceptedAt: noon + 1000, attempts: 1 });
const launch = givenLaunch([job], { createdAt: noon + 2000, instances: new Map([[lease0, machine]]) });
const ended = givenRunner({
  state: 'ended',
  launchedAt: noon + 3000,
  claimedAt: noon + 40_000,
  listeningAt: noon + 45_000,
  endedAt: noon + 95_000,
  endReason: 'job-completed',
});
const done = givenJob({
  ...job,
  state: 'done',
  runner: machine,
  startedAt: noon + 50_000,
  doneAt: noon + 90_000,
  conclusion: 'success',
});
const wholeLife = [
  queued,
  '1 the platform received it',
  '2 a machine was planned for it, in launch launch-1',
  '3 EC2 started i-1 (t3.medium)',
  '40 i-1 claimed a job, and was registered with GitHub',
  '45 the runner on i-1 listens',
  '50 it started to run on i-1',
  '90 GitHub said that it is over: success',
  '95 i-1 ended: job-completed',
];

describe('the timeline of a job', () => {
  it('goes from GitHub to the end of its machine, in order of time', () => {
    expect(textsOf(givenFacts({ job: done, plan: { launch, runner: ended } }))).toEqual(wholeLife);
  });

  it('mentions its planned machine once if the job ran on it', () => {
    const facts = givenFacts({ job: done, plan: { launch, runner: ended }, ranOn: ended });
    expect(textsOf(facts)).toEqual(wholeLife);
  });

  it.each([{ plan: {} }, { plan: { launch } }, {}])(
    'mentions the machine that ran it, beside %j',
    (known) => {
      const timeline = textsOf(givenFacts({ job: done, ranOn: ended, ...known }));
      expect(timeline).toEqual(wholeLife.filter((line) => known.plan?.launch || !line.startsWith('2 ')));
    },
  );

  it('mentions the planned machine and the other one that ran it', () => {
    const other = givenRunner({ instanceId: 'i-2' as typeof machine, launchedAt: noon + 4000, spot: true });
    const timeline = textsOf(givenFacts({ job, plan: { runner: ended }, ranOn: other }));
    expect(timeline).toContain('3 EC2 started i-1 (t3.medium)');
    expect(timeline).toContain('4 EC2 started i-2 (t3.medium, spot)');
  });

  it('says which job got its machine instead', () => {
    const ran = givenJob({ jobId: JobId(2), repository: 'acme/web', startedAt: noon + 60_000 });
    const timeline = textsOf(givenFacts({ job, former: { runner: ended, ran } }));
    expect(timeline).toContain('60 GitHub gave i-1 to job 2 of acme/web instead');
  });

  it('counts the launches that it leaves out', () => {
    expect(textsOf(givenFacts({ job: { ...job, attempts: 2 } }))).toEqual([
      queued,
      '1 the platform received it; 2 launches in all; only the latest are shown',
    ]);
  });

  it.each([
    [{ goneAt: noon + 5000 }, '5 GitHub first said that there is no such job'],
    [{ state: 'blocked', unsettledAt: noon + 5000 }, '5 GitHub holds it for approval'],
    [{ state: 'running', unsettledAt: noon + 5000 }, '5 since then, only GitHub knows its state'],
    [{ startedAt: noon + 5000 }, '5 it started to run'],
    [
      { doneAt: noon + 5000, outcome: 'refused', reason: reason('labels-unknown', '') },
      '5 the platform ended it: refused, labels-unknown',
    ],
    [
      { doneAt: noon + 5000, outcome: 'completed', conclusion: 'failure' },
      '5 GitHub said that it is over: failure',
    ],
    [{ doneAt: noon + 5000, outcome: 'cancelled' }, '5 GitHub said that it is over: cancelled'],
  ] as const)('with a row of %j says: %s', (over, line) => {
    const timeline = textsOf(givenFacts({ job: { ...job, ...over } }));
    expect(timeline).toEqual([queued, '1 the platform received it', line]);
  });

  it('says that it is unknown why a machine ended', () => {
    const { endReason: _unknown, ...runner } = ended;
    expect(textsOf(givenFacts({ job, ranOn: runner }))).toContain('95 i-1 ended: for no known reason');
  });

  it('leaves out unknown times', () => {
    const nowhere = { ...job, queuedAt: Number.NaN, acceptedAt: 0 };
    expect(timelineOf(givenFacts({ job: nowhere }))).toEqual([]);
  });
});

describe('the timeline of a job without a row', () => {
  const ran = { createdAt: noon, startedAt: noon + 9000 };

  it('is GitHub’s report, and the deliveries of its webhook', () => {
    const deliveries = [
      { id: 2, deliveredAt: noon + 3000, statusCode: 202, answer: 'queued' },
      { id: 1, deliveredAt: noon + 1000, statusCode: 500, answer: '' },
    ];
    const github = givenGitHub(
      { ...ran, status: 'completed', conclusion: 'success', runnerName: 'i-5', completedAt: noon + 20_000 },
      { deliveries },
    );
    expect(textsOf(givenUnheard({ github }))).toEqual([
      '0 GitHub created the job',
      '1 GitHub sent its webhook: 500',
      '3 GitHub sent its webhook: 202, queued',
      '9 it started to run on i-5',
      '20 it ended: success',
    ]);
  });

  it.each([
    { status: 'queued', runnerName: null },
    { status: 'queued', runnerName: 'i-5' },
    // GitHub gives every job that is over a start, also one that was cancelled in the line.
    { status: 'completed', runnerName: null },
  ] as const)('has no beginning where GitHub says %j', (over) => {
    expect(textsOf(givenUnheard({ github: givenGitHub({ ...ran, ...over }) }))).toEqual([
      '0 GitHub created the job',
    ]);
  });

  it('has a beginning while it runs, and an end without a conclusion', () => {
    const running = givenGitHub({ ...ran, status: 'in_progress', runnerName: 'i-5' });
    expect(textsOf(givenUnheard({ github: running }))).toContain('9 it started to run on i-5');
    const over = givenGitHub({ status: 'completed', completedAt: noon + 20_000 });
    expect(textsOf(givenUnheard({ github: over }))).toContain('20 it ended: no conclusion');
  });

  it.each([{}, { github: givenGitHub({}, { job: { kind: 'not-found' } }) }])('is empty of %j', (asked) => {
    expect(timelineOf(givenUnheard(asked))).toEqual([]);
  });

  it('comes from the row alone if there is one', () => {
    const github = givenGitHub({ ...ran, status: 'in_progress', runnerName: 'i-5' });
    expect(textsOf(givenFacts({ job, github }))).toEqual([queued, '1 the platform received it']);
  });
});
