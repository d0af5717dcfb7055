/** `mayfly status --tenant`: what it shows of a tenant with machines, when it exits with 1, and how it watches. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { jobRow } from '../../../lib/adapters/dynamodb/job-row.ts';
import { runnerRow } from '../../../lib/adapters/dynamodb/runner-row.ts';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { callsFor, paceOf, scopesOf } from '../../../lib/cli/tenants/tenant-status.ts';
import { machineProblems, type TenantMachines } from '../../../lib/cli/tenants/tenant-status-rules.ts';
import { watch } from '../../../lib/cli/watch.ts';
import { InstallationId, InstanceId, JobId } from '../../../lib/core/ids.ts';
import type { Runner } from '../../../lib/core/runner.ts';
import config from '../../../mayfly.config.ts';
import { givenRunner, lease0 } from '../../contracts/support/stored.ts';
import { givenJob, givenTenant, noon } from '../../support/given.ts';
import { givenOperatorAccount, type OperatorAccount } from '../operator-account.ts';
import { recordingIo } from '../support.ts';

describe('mayfly status --tenant', () => {
  let account: OperatorAccount;
  let acme: InstallationId;
  beforeAll(async () => {
    account = await givenOperatorAccount(config.environment);
    const { github, folder } = account;
    writeFileSync(join(folder, 'app.pem'), github.privateKeyPem);
    await account.run('setup', '--app-id', String(github.appId), '--key', join(folder, 'app.pem'));
    acme = InstallationId(github.install({ login: 'acme', repositories: ['app'] }).installationId);
    await account.put('tenants', newTenantRow(givenTenant({ installationId: acme })));
  });
  afterAll(() => account?.close());

  const found = async () => {
    const { status, out, error } = await account.run('status', '--tenant', 'acme', '--json');
    expect(error).toBe('');
    return { exit: status, one: JSON.parse(out) as Record<string, unknown> };
  };

  it('shows a tenant without machines, and exits with 0', async () => {
    const { status, out } = await account.run('status', '--tenant', 'acme');
    expect(out).toContain('runners in    organization, group Default');
    expect(out).toMatch(/Machines:\n {4}none\n\n {2}Runners on GitHub:\n {4}none/);
    expect(status).toBe(0);
  });

  it('lists a drained environment among the problems, and exits with 1', async () => {
    await account.run('drain', '--yes');
    const { exit, one } = await found();
    await account.run('drain', '--resume');
    expect(exit).toBe(1);
    expect(one['problems']).toEqual([expect.stringContaining('is drained: scale-up reads no queue.')]);
  });

  it('names a job whose row cannot be read, and shows the rest', async () => {
    const policy = { accountLogin: 'gamma', installationId: InstallationId(303), accountId: 3 };
    await account.put('tenants', newTenantRow(givenTenant({ ...policy, runnerLevel: 'repository' })));
    const rowOf = (jobId: number) =>
      jobRow(
        givenJob({ installationId: policy.installationId, jobId: JobId(jobId), acceptedAt: Date.now() }),
      );
    await account.put('jobs', rowOf(31));
    await account.put('jobs', { ...rowOf(32), repository: { N: '7' } });
    const { status, out } = await account.run('status', '--tenant', 'gamma', '--json');
    expect(JSON.parse(out)).toMatchObject({
      lastJobs: [{ jobId: 31 }],
      problems: [expect.stringMatching(/^In the jobs row 303.32, repository is/)],
    });
    expect(status).toBe(1);
  });

  it('says that GitHub is not asked about repositories in which no machine runs', async () => {
    const policy = { accountLogin: 'beta', runnerLevel: 'repository' } as const;
    const tenant = givenTenant({ ...policy, installationId: InstallationId(202), accountId: 2 });
    await account.put('tenants', newTenantRow(tenant));
    const { status, out } = await account.run('status', '--tenant', 'beta');
    expect(out).toMatch(/Runners on GitHub:\n {4}not asked: no machine is running\n/);
    expect(status).toBe(0);
  });

  it('shows a machine as its row, EC2 and GitHub see it, and its job', async () => {
    const machine = InstanceId(await account.launch(config.environment, acme));
    const now = Date.now();
    const times = { launchedAt: now, listeningAt: now, deadline: now + 600_000 };
    const runner = givenRunner({ instanceId: machine, installationId: acme, state: 'listening', ...times });
    await account.put('runners', runnerRow(runner));
    const job = givenJob({ installationId: acme, state: 'covered', lease: lease0 });
    await account.put('jobs', jobRow(job));

    const { exit, one } = await found();

    expect(one).toMatchObject({
      machines: [{ instanceId: machine, state: 'listening', jobId: 1, jobState: 'covered', github: null }],
      lastJobs: [{ jobId: 1, what: 'covered' }],
      problems: [],
    });
    expect(exit).toBe(0);
  });

  it('shows the five newest jobs', async () => {
    const done = { installationId: acme, state: 'done', doneAt: Date.now() } as const;
    for (let n = 2; n < 9; n += 1) await account.put('jobs', jobRow(givenJob({ ...done, jobId: JobId(n) })));
    const { one } = await found();
    expect(one['lastJobs']).toMatchObject([8, 7, 6, 5, 4].map((jobId) => ({ jobId })));
  });

  it('asks GitHub about the runners of ten repositories', () => {
    const runners = Array.from({ length: 12 }, (_, n) => {
      const account = { login: 'acme', type: 'User', level: 'repository' } as const;
      return givenRunner({ instanceId: InstanceId(`i-${n}`), account, repository: `acme/app-${n}` });
    });
    expect(scopesOf(givenTenant({ accountType: 'User' }), runners)).toHaveLength(10);
  });

  it('exits with 1 if a machine is overdue', async () => {
    const machine = InstanceId(await account.launch(config.environment, acme));
    const overdue = givenRunner({
      instanceId: machine,
      installationId: acme,
      deadline: Date.now() - 600_000,
    });
    await account.put('runners', runnerRow(overdue));
    const { exit, one } = await found();
    expect(one['problems']).toEqual([expect.stringContaining(`${machine} (booting) is overdue`)]);
    expect(exit).toBe(1);
  });

  it('watches one tenant only', async () => {
    const { status, error } = await account.run('status', '--watch');
    expect([status, error]).toEqual([2, expect.stringContaining('--watch is for one tenant')]);
  });
});

describe('watching', () => {
  it('redraws until it is stopped, and exits with the status of the last screen', async () => {
    const { io, printed } = recordingIo();
    let pictures = 0;
    const draw = async () => ({ text: `picture ${++pictures}\n`, status: pictures });
    const again = async () => pictures < 3;

    expect(await watch({ io, draw, again, isTerminal: false })).toBe(3);
    expect(printed().out).toBe('picture 1\npicture 2\npicture 3\n');
  });
});

describe('watching a tenant whose runners register with repositories', () => {
  it.each([0, 1])('happens every five seconds with %s calls to GitHub each time', (calls) => {
    expect(paceOf(calls)).toEqual({ pauseSeconds: 5, why: '' });
  });

  it('takes at most 720 calls to GitHub in an hour, and says why it is slow', () => {
    const { pauseSeconds, why } = paceOf(10);
    expect((10 * 3_600) / pauseSeconds).toBe(720);
    expect(why).toBe("  Shown every 50 s: each time takes 10 of the tenant's calls to GitHub.\n");
  });

  it('pauses for as long as the last picture says', async () => {
    const pauses: number[] = [];
    const again = async (seconds: number) => pauses.push(seconds) < 2;
    const draw = async () => ({ text: '', status: 0, ...(pauses.length > 0 ? { pauseSeconds: 50 } : {}) });
    await watch({ io: recordingIo().io, draw, again, isTerminal: false });
    expect(pauses).toEqual([5, 50]);
  });

  it('counts a call for each place, and for each further hundred runners', () => {
    expect([callsFor(10, 0), callsFor(1, 100), callsFor(1, 250)]).toEqual([10, 2, 3]);
  });
});

describe('a machine is a problem', () => {
  const now = noon + 3_600_000;
  const later = { deadline: now + 1000 };
  const seen = (runner: Partial<Runner> | undefined, over: Partial<TenantMachines> = {}): TenantMachines => ({
    machines: [{ instanceId: 'i-1', state: 'running', instanceType: 't3.medium', launchedAt: noon }],
    runners: runner ? [givenRunner({ instanceId: InstanceId('i-1'), ...runner })] : [],
    jobs: [],
    registered: [{ name: 'i-1', online: true, busy: false, labels: [] }],
    now,
    ...over,
  });
  const listening = { state: 'listening', listeningAt: noon, ...later } as const;

  it.each<[string, TenantMachines, RegExp]>([
    ['without a row for long', seen(undefined), /has no row/],
    ['overdue', seen({ deadline: noon }), /is overdue by 60 min/],
    [
      'that ended by its row',
      seen({ state: 'ended', endedAt: noon, endReason: 'boot-deadline' }),
      /EC2 still runs it/,
    ],
    ['that GitHub does not list', seen(listening, { registered: [] }), /lists no runner with its name/],
    [
      'that is offline',
      seen(listening, { registered: [{ name: 'i-1', online: false, busy: false, labels: [] }] }),
      /says that it is offline/,
    ],
  ])('%s', (_title, machines, words) => {
    expect(machineProblems(machines)).toEqual([expect.stringMatching(words)]);
  });

  it.each<[string, TenantMachines]>([
    ['that listens and is online', seen(listening)],
    ['that boots in time', seen(later)],
    ['of which GitHub did not say anything', seen(listening, { registered: undefined })],
    [
      'whose job is over',
      seen(listening, { registered: [], jobs: [givenJob({ jobId: JobId(1), state: 'done' })] }),
    ],
  ])('not where it is one %s', (_title, machines) => {
    expect(machineProblems(machines)).toEqual([]);
  });
});
