import { afterEach, describe, expect, it } from '@jest/globals';
import { jobRow } from '../../lib/adapters/dynamodb/job-row.ts';
import { newTenantRow } from '../../lib/adapters/dynamodb/tenant-row.ts';
import { findDrain } from '../../lib/cli/scale-up-queues.ts';
import { status } from '../../lib/cli/status.ts';
import { InstallationId, JobId } from '../../lib/core/ids.ts';
import type { Job } from '../../lib/core/job.ts';
import { type ReasonCode, reason } from '../../lib/core/reason.ts';
import type { Tenant } from '../../lib/core/tenant.ts';
import config from '../../mayfly.config.ts';
import { givenJob, givenTenant } from '../support/given.ts';
import { recordingIo, run, type ScriptedAws, startScriptedAws } from './support.ts';

let aws: ScriptedAws | undefined;
afterEach(() => aws?.close());

/** Tenants as rows, and the jobs of each. */
async function givenTables(tenants: readonly Partial<Tenant>[], jobs: readonly Partial<Job>[] = []) {
  const rows = tenants.map((tenant) => newTenantRow(givenTenant(tenant)));
  return givenRows(rows, jobs);
}

async function givenRows(
  tenants: readonly object[],
  jobs: readonly Partial<Job>[] = [],
  queues: Readonly<Record<string, string>> = {},
) {
  const now = Date.now();
  const waiting = jobs.map((job) =>
    jobRow(givenJob({ state: 'waiting', queuedAt: now, acceptedAt: now, ...job })),
  );
  aws = await startScriptedAws(({ action, input }) => {
    if (action.endsWith('.Scan')) return { json: { Items: tenants } };
    if (action === 'GET /2015-03-31/event-source-mappings') return { json: mappingsOf(queues) };
    const values = input['ExpressionAttributeValues'] as Record<string, { N?: string }>;
    const own = waiting.filter((row) => row['installation_id']?.N === values[':tenant']?.N);
    return { json: { Items: own }, milliseconds: 20 };
  });
  return aws.url;
}

const mappingsOf = (queues: Readonly<Record<string, string>>) => ({
  EventSourceMappings: Object.entries(queues).map(([name, State]) => ({
    EventSourceArn: `arn:aws:sqs:us-east-1:123456789012:${name}`,
    State,
  })),
});

const waitsFor = (code: ReasonCode, n = 1): Partial<Job> => ({
  jobId: JobId(n),
  reason: reason(code, `the sentence of ${code}`),
});

describe('mayfly status', () => {
  it('shows jobs that wait for a limit, and exits with 0', async () => {
    const url = await givenTables([{}], [waitsFor('tenant-limit', 1), waitsFor('tenant-limit', 2)]);
    const { status: exit, out } = await run(status, [], url);
    expect(out).toMatch(/acme .*0 of 2 +2 tenant-limit/);
    expect(out).not.toContain('Problems');
    expect(exit).toBe(0);
  });

  it.each([
    [
      { 'my-saas-small-builds': 'Disabled', 'my-saas-large-builds': 'Disabling' },
      'The environment my-saas is drained: scale-up reads no queue. Jobs',
    ],
    [
      { 'my-saas-small-builds': 'Enabled', 'my-saas-large-builds': 'Disabled' },
      'In the environment my-saas, scale-up does not read the queue of tier large. Its jobs',
    ],
    [
      {
        'my-saas-small-builds': 'Disabled',
        'my-saas-medium-builds': 'Enabled',
        'my-saas-large-builds': 'Disabled',
      },
      'In the environment my-saas, scale-up does not read the queues of the tiers small, large. Their jobs',
    ],
  ])(
    'says which queues scale-up does not read, with or without tenants, and exits with 1: %j',
    async (queues, which) => {
      const says = `${which} get no machine until: npx mayfly drain --resume\n`;
      const rows = [newTenantRow(givenTenant({}))];
      const shown = await run(status, [], await givenRows(rows, [], queues));
      expect(shown).toMatchObject({ status: 1, out: expect.stringContaining(`Problems:\n  ${says}`) });
      aws?.close();
      const json = await run(status, ['--json'], await givenRows(rows, [], queues));
      expect(json).toMatchObject({ status: 1, error: says });
      const off = expect.arrayContaining([which.includes('tiers small') ? 'small' : 'large']);
      expect(JSON.parse(json.out)).toMatchObject([{ drained: off, problems: [says.trim()] }]);
      aws?.close();
      const empty = await run(status, [], await givenRows([], [], queues));
      expect(empty).toMatchObject({ status: 1, out: expect.stringContaining(says) });
    },
  );

  it.each([
    [403, 'AccessDeniedException', 'That takes the permission lambda:ListEventSourceMappings.'],
    [
      404,
      'UnknownOperationException',
      'The endpoint at AWS_ENDPOINT_URL does not support lambda:ListEventSourceMappings.',
    ],
  ])('shows the rest if it cannot ask which queues are read: %d %s', async (code, __type, why) => {
    const rows = [newTenantRow(givenTenant({}))];
    aws = await startScriptedAws(({ action }) => {
      if (action.endsWith('.Scan')) return { json: { Items: rows } };
      if (action.endsWith('.Query')) return { json: { Items: [] } };
      return { status: code, json: { __type, message: 'No.' } };
    });
    const shown = await run(status, [], aws.url);
    expect(shown).toMatchObject({ status: 0, out: expect.stringMatching(/acme .*0 of 2 /) });
    expect(shown.error).toBe(`Not checked: whether the environment is drained. ${why}\n`);
    expect(JSON.parse((await run(status, ['--json'], aws.url)).out)).toHaveLength(1);
  });

  it('says only once that it cannot ask, however often it looks', async () => {
    const refusal = { __type: 'AccessDeniedException', message: 'No.' };
    aws = await startScriptedAws(() => ({ status: 403, json: refusal }));
    const { io, printed } = recordingIo();
    const keys = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' };
    const environment = { ...keys, AWS_ENDPOINT_URL: aws.url };
    for (const _ of [1, 2]) await findDrain({ options: {}, positionals: [], config, io, environment });
    expect(printed().error.match(/Not checked/g)).toHaveLength(1);
  });

  it('fails if AWS fails to say which queues are read', async () => {
    aws = await startScriptedAws(({ action }) =>
      action.endsWith('.Scan')
        ? { json: { Items: [] } }
        : { status: 400, json: { __type: 'InvalidParameterValueException', message: 'No.' } },
    );
    await expect(run(status, [], aws.url)).rejects.toThrow('No.');
  });

  it('does not mention queues that are read', async () => {
    const queues = { 'my-saas-small-builds': 'Enabled', 'my-saas-large-builds': 'Enabling' };
    const { status: exit, out } = await run(status, [], await givenRows([], [], queues));
    expect([exit, out]).toEqual([0, expect.not.stringContaining('drain')]);
    aws?.close();
    const json = await run(status, ['--json'], await givenRows([newTenantRow(givenTenant({}))], [], queues));
    expect(JSON.parse(json.out)).toMatchObject([{ drained: [], problems: [] }]);
  });

  it('distinguishes a suspension by GitHub from a ban', async () => {
    const url = await givenTables([
      { status: 'suspended', suspendedBy: 'github' },
      { installationId: InstallationId(2), accountLogin: 'beta', status: 'suspended' },
    ]);
    const { out } = await run(status, ['--json'], url);
    expect(JSON.parse(out)).toMatchObject([{ status: 'suspended-by-github' }, { status: 'suspended' }]);
  });

  it('shows where runners register, in which group, and whether that is a fallback', async () => {
    const url = await givenTables([
      { runnerGroup: 'builds' },
      { installationId: InstallationId(2), accountLogin: 'beta', permissions: { administration: 'write' } },
    ]);
    const { status: exit, out } = await run(status, [], url);
    expect(out).toMatch(/acme .* organization, builds /);
    expect(out).toMatch(/beta .* repository \(fallback\) /);
    expect(exit).toBe(0);
  });

  it('exits with 1 if a job waits for a setting of the runner group, and names it', async () => {
    const url = await givenTables([{}], [waitsFor('public-repository')]);
    const { status: exit, out } = await run(status, [], url);
    expect(out).toContain('1 job waits, public-repository: the sentence of public-repository');
    expect(exit).toBe(1);
  });

  it.each(['quota', 'capacity', 'permission-missing', 'launch-failed'] as const)(
    'exits with 1 if a job waits because of %s, and says so',
    async (code) => {
      const { status: exit, out } = await run(status, [], await givenTables([{}], [waitsFor(code)]));
      expect(out).toMatch(new RegExp(`Problems:\n.*acme .*1 job waits, ${code}: the sentence of ${code}`));
      expect(exit).toBe(1);
    },
  );

  it('takes a reason that an older version stored for what it is called now', async () => {
    const url = await givenTables([{}], [waitsFor('runner-stolen' as ReasonCode)]);
    const { status: exit, out } = await run(status, ['--json'], url);
    expect(JSON.parse(out)).toMatchObject([{ problems: [] }]);
    expect(exit).toBe(0);
  });

  it('exits with 1 if a job has waited for minutes without a reason', async () => {
    const long = { jobId: JobId(1), acceptedAt: Date.now() - 20 * 60_000 };
    const { status: exit, out } = await run(status, [], await givenTables([{}], [long]));
    expect(out).toContain('1 job waits without a reason, the oldest for 20 minutes');
    expect(exit).toBe(1);
  });

  it('exits with 1 if a tenant needs attention', async () => {
    const attention = { code: 'permission-missing', text: 'No.', since: '2026-11-21', probeAt: 0 } as const;
    const { status: exit, out } = await run(status, ['--json'], await givenTables([{ attention }]));
    expect(JSON.parse(out)).toMatchObject([{ problems: ['needs attention since 2026-11-21: No.'] }]);
    expect(exit).toBe(1);
  });

  it.each(['deleted', 'suspended', 'pending'] as const)(
    'asks for no attention to a tenant that is %s: nothing starts for it',
    async (of) => {
      const attention = { code: 'github-refused', text: 'Gone.', since: '2026-11-21', probeAt: 0 } as const;
      const url = await givenTables([{ status: of, attention }]);
      const { status: exit, out } = await run(status, ['--json'], url);
      expect(JSON.parse(out)).toMatchObject([{ status: of, problems: [] }]);
      expect(exit).toBe(0);
    },
  );

  it('shows an unreadable row, with what is wrong, beside the others', async () => {
    const odd = {
      ...newTenantRow(givenTenant({ installationId: InstallationId(2) })),
      max_runners: { S: 'two' },
    };
    const { status: exit, out } = await run(status, [], await givenRows([newTenantRow(givenTenant()), odd]));
    expect(out).toMatch(/Problems:\n.*\(2\): .*max_runners/);
    expect(out).toMatch(/acme +\d+ +active/);
    expect(exit).toBe(1);
  });

  it('keeps escape sequences of an account or a reason off the terminal', async () => {
    const hostile = waitsFor('quota');
    const url = await givenTables(
      [{ accountLogin: 'ac\x1b]0;x\x07me' }],
      [{ ...hostile, reason: reason('quota', 'a\x1b[2Jb') }],
    );
    const { out } = await run(status, [], url);
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });

  it('asks about several tenants at a time, and about no more than eight', async () => {
    const tenants = Array.from({ length: 30 }, (_, n) => ({ installationId: InstallationId(n + 1) }));
    const url = await givenTables(tenants);
    await run(status, [], url);
    expect(aws!.mostAtOnce()).toBeGreaterThan(3);
    expect(aws!.mostAtOnce()).toBeLessThanOrEqual(8);
  });
});
