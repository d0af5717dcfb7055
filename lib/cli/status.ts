/**
 * `mayfly status`: every tenant with its limits, its live machines and its waiting jobs with their reasons.
 * Read-only. It reads a few tenants at a time, so that many tenants take seconds and the table is not throttled.
 */
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { Attributes } from '../adapters/dynamodb/attributes.ts';
import { tenantOfRow } from '../adapters/dynamodb/tenant-row.ts';
import { leasesAttribute, tables } from '../contract/tables.ts';
import { levelNow } from '../core/runner-level.ts';
import type { RunnerLevel, Tenant } from '../core/tenant.ts';
import { OperationalError } from '../ports/errors.ts';
import { dynamoClient } from './aws-clients.ts';
import { type Command, type CommandCall, jsonOption, UsageError } from './command.ts';
import { outlines } from './outlines.ts';
import { printableLine } from './printable.ts';
import { readWaiting } from './read-waiting.ts';
import { type Drain, findDrain } from './scale-up-queues.ts';
import { stackOption } from './setup/stack-option.ts';
import { problemsOf } from './status-problems.ts';
import { drawTable } from './table.ts';
import { statusWord } from './tenants/tenant-view.ts';
import { watchOption } from './watch.ts';

export const status: Command = {
  ...outlines.status,
  details: `
Examples:
  mayfly status            a line for each tenant, then what is wrong
  mayfly status --json     the same as JSON: an array with an entry for each tenant
  mayfly status --tenant acme [--watch]
                           one tenant: its machines, GitHub's view of its runners, its last jobs

"runners in" says where a tenant's next machines register, and in which group. "fallback": with repositories, because
the App may not register with the organization.

Waiting for a limit is not a problem. A tenant that needs attention is one, and so are jobs that wait because AWS
or GitHub refused something, and a drained environment. The JSON repeats a drain for each tenant: "drained" lists
the tiers.
`,
  exitOne: 'something is wrong; the lines under "Problems" say what',
  options: [
    jsonOption,
    { flags: '--tenant <tenant>', description: 'show only this tenant, with its machines; asks GitHub too' },
    watchOption,
    stackOption,
  ],
  asName: ({ options }) => (options['tenant'] === undefined ? 'status' : 'status --tenant'),
  async run(call) {
    const { tenant } = call.options;
    if (typeof tenant === 'string') {
      // Loaded only here: it loads the clients of EC2 and GitHub too.
      const { tenantStatus } = await import('./tenants/tenant-status.ts');
      return tenantStatus(call, tenant);
    }
    if (call.options['watch'])
      throw new UsageError('--watch is for one tenant: mayfly status --tenant acme --watch');
    const [tenants, drain] = await Promise.all([readTenants(dynamoClient(call), call), findDrain(call)]);
    if (call.options['json']) {
      call.io.out(`${JSON.stringify(withDrain(tenants, drain))}\n`);
      if (drain) call.io.error(`${drain.problem}\n`);
    } else call.io.out(render(tenants, drain));
    return drain || tenants.some(({ problems }) => problems.length > 0) ? 1 : 0;
  },
};

export interface TenantStatus {
  readonly installationId: number;
  readonly login: string;
  readonly status: string;
  readonly tier: string;
  readonly machines: number;
  readonly maxRunners: number;
  /** Where its next machines register. Absent: its row cannot be read. */
  readonly runners?: {
    readonly level: RunnerLevel;
    /** The App lacks permission to register with the organization, and would otherwise. */
    readonly isFallback: boolean;
    /** The runner group, by name; absent: GitHub's default group, or none. */
    readonly group?: string;
  };
  /** How many jobs wait, by the code of their reason. */
  readonly waiting: Readonly<Record<string, number>>;
  /** What somebody must look at, one sentence for each problem. */
  readonly problems: readonly string[];
}

const tenantsAtOnce = 8;

export async function readTenants(
  client: DynamoDBClient,
  { config }: Pick<CommandCall, 'config'>,
): Promise<TenantStatus[]> {
  const table = `${config.environment}-${tables.tenants.suffix}`;
  const rows: Attributes[] = [];
  for await (const { Items = [] } of paginateScan({ client }, { TableName: table })) rows.push(...Items);
  const found: TenantStatus[] = [];
  const worker = async () => {
    for (let row = rows.shift(); row; row = rows.shift()) {
      found.push(await readTenant(client, { row, config }));
    }
  };
  await Promise.all(Array.from({ length: tenantsAtOnce }, worker));
  return found.sort((a, b) => a.login.localeCompare(b.login) || a.installationId - b.installationId);
}

async function readTenant(
  client: DynamoDBClient,
  { row, config }: { readonly row: Attributes; readonly config: CommandCall['config'] },
): Promise<TenantStatus> {
  const installationId = Number(row['installation_id']?.N);
  const waiting = await readWaiting(client, config.environment, installationId);
  const counts = Object.fromEntries([...waiting].map(([code, { jobs }]) => [code, jobs]));
  try {
    const tenant = tenantOfRow(row);
    const { accountLogin: login, tier, leases, maxRunners } = tenant;
    const problems = problemsOf({ tenant, waiting, now: Date.now() });
    return {
      installationId,
      login,
      status: statusWord(tenant),
      tier,
      machines: leases,
      maxRunners,
      runners: runnersOf(tenant, config.runnerGroup),
      waiting: counts,
      problems,
    };
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    const login = row['account_login']?.S ?? '';
    const unknown = {
      status: 'unreadable',
      tier: '',
      machines: Number(row[leasesAttribute]?.N ?? 0),
      maxRunners: 0,
    };
    return { installationId, login, ...unknown, waiting: counts, problems: [error.message] };
  }
}

function runnersOf(tenant: Tenant, groupOfAll: string | undefined): NonNullable<TenantStatus['runners']> {
  const now = levelNow(tenant);
  const group = tenant.runnerGroup ?? groupOfAll;
  return now.level === 'organization' && group !== undefined ? { ...now, group } : now;
}

function runnersText({ runners }: TenantStatus): string {
  if (!runners) return '';
  const { level, isFallback, group } = runners;
  return `${level}${isFallback ? ' (fallback)' : ''}${group === undefined ? '' : `, ${group}`}`;
}

/** An array without an entry for all tenants: each entry repeats what holds for all. */
const withDrain = (tenants: readonly TenantStatus[], drain: Drain | undefined) =>
  tenants.map((tenant) => ({
    ...tenant,
    drained: drain?.tiers ?? [],
    problems: [...(drain ? [drain.problem] : []), ...tenant.problems],
  }));

function render(tenants: readonly TenantStatus[], drain: Drain | undefined): string {
  const ofAll = drain ? [`  ${drain.problem}`] : [];
  if (tenants.length === 0) {
    const none = 'No tenants yet: nobody has installed the App, or its webhooks do not arrive.';
    return [none, ...ofAll, ''].join('\n');
  }
  const rows = tenants.map((tenant) => [
    printableLine(tenant.login || '-'),
    String(tenant.installationId),
    tenant.status,
    printableLine(tenant.tier),
    printableLine(runnersText(tenant)),
    `${tenant.machines} of ${tenant.maxRunners}`,
    Object.entries(tenant.waiting)
      .map(([code, jobs]) => `${jobs} ${printableLine(code)}`)
      .join(', ') || '0',
  ]);
  const ofTenants = tenants.flatMap((tenant) =>
    tenant.problems.map(
      (problem) => `  ${printableLine(`${tenant.login || '-'} (${tenant.installationId}): ${problem}`)}`,
    ),
  );
  const problems = [...ofAll, ...ofTenants];
  return [
    drawTable(['tenant', 'installation', 'status', 'plan', 'runners in', 'machines', 'waiting'], rows),
    ...(problems.length > 0 ? ['', '  Problems:', ...problems] : []),
    '',
  ].join('\n');
}
