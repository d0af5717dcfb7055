import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createEventLines } from '../../lib/local/console/event-line.ts';
import type { LaptopEvent } from '../../lib/local/laptop-event.ts';

const at = Date.parse('2026-11-21T12:00:00Z');
const event = (kind: LaptopEvent['kind'], text: string, fields: LaptopEvent['fields'] = {}): LaptopEvent => ({
  at,
  kind,
  text,
  fields,
});
const log = (name: string, fields: object = {}, level = 'info') =>
  event('log', JSON.stringify({ level, event: name, environment: 'my-saas', ...fields }), {
    functionName: 'f',
  });
const job = { installationId: 7, jobId: 91 };

function printed(events: readonly LaptopEvent[], verbose = false): string[] {
  const lines = createEventLines({ verbose });
  return events.flatMap(lines).map((line) => stripVTControlCharacters(line));
}

describe('the lines of npm start', () => {
  it('describe in words what GitHub answered about a runner group', () => {
    const about = { installationId: 7, group: 'Default' };
    const lines = printed([
      log('runner-group-looked-at', { ...about, standing: 'found' }),
      log('runner-group-looked-at', { ...about, standing: 'missing' }),
    ]);
    expect(lines).toEqual([
      expect.stringMatching(/GitHub has the runner group Default$/),
      expect.stringMatching(/GitHub's answer about the runner group Default: missing$/),
    ]);
  });

  it.each([
    ['job-started', { instanceId: 'i-1' }, 'runs on i-1'],
    ['job-started', { runnerName: 'office' }, "runs on the tenant's own runner office"],
    ['job-started', { runnerName: null }, 'runs on a runner whose name GitHub does not report'],
    ['github-refused', { reason: 'invalid', refusal: { message: 'No.' } }, 'GitHub refused: No.'],
    ['github-refused', { reason: 'not-found' }, 'GitHub refused: not found'],
    ['repair', { kind: 'job-adopted', tier: 'small' }, 'repair: job adopted'],
    [
      'repair',
      { kind: 'ghost-removed', instanceId: 'i-1', reason: 'Why.' },
      'repair: ghost removed (i-1): Why.',
    ],
    [
      'stand-down',
      { instanceId: 'i-1', reason: 'No job waits.' },
      'machine i-1 asked for a job and got none: No job waits.',
    ],
    ['changed-outside', { attributes: ['tier', 'status'] }, "somebody edited the tenant's row: tier, status"],
    ['sweep-failed', { error: 'Why.' }, 'a part of the sweep failed: Why.'],
    ['reconcile-failed', { error: 'Why.' }, 'a part of the reconciler failed: Why.'],
    ['message-failed', { error: 'Why.' }, 'a message failed and will be retried: Why.'],
  ])('describe %s %j in words', (name, fields, said) => {
    const [line] = printed([log(name, { ...job, ...fields })]);
    expect(line?.slice(35)).toBe(said);
  });

  it('show time, tenant, job and what happened', () => {
    const lines = printed([
      event('github', 'installed', { login: 'acme', installationId: 7 }),
      event('github', 'job-queued', { jobId: 91, repository: 'acme/app', labels: ['self-hosted', 'small'] }),
      log('jobs-accepted', {
        installationId: 7,
        jobIds: [91],
        tier: 'small',
        ReceivedToAcceptedMilliseconds: [3],
      }),
      log('job-done', { ...job, outcome: 'completed', conclusion: 'success', JobsDone: 1 }),
    ]);
    expect(lines).toEqual([
      '12:00:00  acme                     installed the App',
      '12:00:00  acme          91         queued on GitHub: self-hosted, small',
      '12:00:00  acme          91         accepted for tier small',
      '12:00:00  acme          91         done: success',
    ]);
  });

  it('name the tenant and the job of a machine once they are known', () => {
    const launch = log('launch', {
      ...job,
      accountLogin: 'acme',
      result: 'started',
      instanceIds: ['i-1'],
      tier: 's',
    });
    const [, line] = printed([launch, log('console-kept', { instanceId: 'i-1' })]);
    expect(line).toBe('12:00:00  acme          91         console kept: instanceId i-1');
  });

  it('leave out metrics, schedules that found nothing, and intermediate steps', () => {
    const quiet = [
      log('census', { tier: 'small', JobsWaiting: 0 }),
      log('usage-rolled-up', { day: '2026-11-20', pass: 1, tenants: 0, machines: 0 }),
      event('log', '{"_aws":{},"Sends":1}', {}),
      event('webhook', 'workflow_job.queued', { sender: 'github' }),
      event('console', 'mayfly 2026 boot\n', { instanceId: 'i-1' }),
      event('github', 'runner-online', { runner: 'i-1' }),
    ];
    expect(printed(quiet)).toEqual([]);
    expect(printed(quiet, true)).toHaveLength(5);
  });

  it('include a job that was cancelled before it had a runner', () => {
    const fields = { jobId: 91, conclusion: 'cancelled', runner: undefined };
    expect(printed([event('github', 'job-completed', fields)], true)).toHaveLength(1);
  });

  it('show any failure', () => {
    const lines = printed([
      log('swept', { why: 'no time' }, 'warn'),
      event('denied', 'f may not sqs:SendMessage'),
      event('webhook', 'ping without a valid signature, or not JSON', { event: 'ping' }),
      event('log', 'Error: a stack trace', { functionName: 'f' }),
    ]);
    expect(lines.map((line) => line.slice(35))).toEqual([
      'swept: why no time',
      'denied: f may not sqs:SendMessage',
      'webhook refused: ping without a valid signature, or not JSON',
      'f: Error: a stack trace',
    ]);
  });

  it("never exceed 110 columns, nor contain somebody else's escape sequence", () => {
    const login = `evil\x1b]0;x\x07${'long'.repeat(30)}`;
    const [line = ''] = createEventLines({ verbose: false })(
      log('made-up', { accountLogin: login, installationId: 7, text: 'x\x1b[2J\u202e'.repeat(99) }),
    ).map((one) => stripVTControlCharacters(one));
    expect([...line].length).toBeLessThanOrEqual(110);
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});
