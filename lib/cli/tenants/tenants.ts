/** `mayfly tenants`: a line for each tenant that matches the filters, in the requested order. Read-only. */
import { monthOf } from '../../core/days.ts';
import { durationText } from '../../core/duration-text.ts';
import type { Micros } from '../../core/micros.ts';
import { spentIn } from '../../core/spend.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type Command, type CommandCall, jsonOption, UsageError } from '../command.ts';
import { outlines } from '../outlines.ts';
import { printableLine } from '../printable.ts';
import { problemsOf } from '../status-problems.ts';
import { drawTable } from '../table.ts';
import { watch, watchOption } from '../watch.ts';
import { readAll, type TenantAndWaiting } from './read-all.ts';
import { spendingText, statusWord } from './tenant-view.ts';

export const tenants: Command = {
  ...outlines.tenants,
  details: `
Examples:
  mayfly tenants
  mayfly tenants --status pending              tenants that wait for approval
  mayfly tenants --over 80% --sort used        tenants near their limit, the nearest first
  mayfly tenants --waiting --sort waiting --watch

Statuses are active, pending, suspended (by the operator), suspended-by-github, deleted and unreadable (a row that
somebody edited by hand). Without --status, those that uninstalled the App are left out. It sorts by login, used,
machines, waiting, oldest (the job that waits longest) or created.
`,
  exitOne: 'a listed tenant needs attention, cannot be read, or has waiting jobs that no limit explains',
  options: [
    { flags: '--status <status>', description: 'only those of this status' },
    { flags: '--waiting', description: 'only those that have waiting jobs' },
    {
      flags: '--over <share>',
      description: 'only those with more machines than this share of their limit: 80%',
    },
    { flags: '--sort <key>', description: 'the order', default: 'login' },
    watchOption,
    jsonOption,
  ],
  async run(call) {
    const choice = choiceOf(call);
    const client = dynamoClient(call);
    const draw = async () => {
      const all = (await readAll(client, call.config)).map((tenant) => listed(tenant, Date.now()));
      const shown = all.filter(choice.isShown).toSorted(choice.compare);
      const text = call.options['json'] ? `${JSON.stringify(shown)}\n` : render(shown, all.length);
      return { text, status: shown.some(({ problems }) => problems.length > 0) ? 1 : 0 };
    };
    if (call.options['watch']) return watch({ io: call.io, draw });
    const { text, status } = await draw();
    call.io.out(text);
    return status;
  },
};

export interface ListedTenant {
  readonly installationId: number;
  readonly login: string;
  readonly status: string;
  readonly plan: string;
  readonly machines: number;
  readonly maxRunners: number;
  /** How many jobs wait, by the code of their reason. */
  readonly waiting: Readonly<Record<string, number>>;
  /** How long the longest waiting job has waited; null: none waits. */
  readonly oldestSeconds: number | null;
  /** Micro-dollars of this month (UTC). */
  readonly spent: Micros;
  /** For a month; null: none. */
  readonly spendCap: Micros | null;
  readonly createdAt: string;
  readonly problems: readonly string[];
}

export function listed(of: TenantAndWaiting, now: number): ListedTenant {
  const { installationId, login, row, tenant, unreadable, waiting } = of;
  const problems = [
    ...(tenant?.caps?.unreadable === undefined ? [] : [tenant.caps.unreadable]),
    ...problemsOf({ tenant, waiting, now }),
  ];
  const oldest = Math.min(...[...waiting.values()].map(({ oldestAcceptedAt }) => oldestAcceptedAt));
  return {
    installationId,
    login,
    status: tenant ? statusWord(tenant) : 'unreadable',
    plan: tenant?.tier ?? '',
    machines: Number(row['leases_held']?.N ?? 0),
    maxRunners: tenant?.maxRunners ?? 0,
    waiting: Object.fromEntries([...waiting].map(([code, { jobs }]) => [code, jobs])),
    oldestSeconds: Number.isFinite(oldest) ? Math.max(0, Math.round((now - oldest) / 1000)) : null,
    spent: tenant ? spentIn(tenant, monthOf(now)) : 0,
    spendCap: tenant?.caps?.month ?? null,
    createdAt: tenant?.createdAt ?? '',
    problems: unreadable === undefined ? problems : [unreadable, ...problems],
  };
}

const statuses = ['active', 'pending', 'suspended', 'suspended-by-github', 'deleted', 'unreadable'];

const jobsOf = ({ waiting }: ListedTenant) => Object.values(waiting).reduce((sum, jobs) => sum + jobs, 0);
/** A tenant with machines but a limit of 0 sorts above every share. */
const usedOf = ({ machines, maxRunners }: ListedTenant) =>
  machines === 0 ? 0 : machines / Math.max(maxRunners, Number.MIN_VALUE);

/** The largest first, except for names and times. */
const orders: Readonly<Record<string, (one: ListedTenant, other: ListedTenant) => number>> = {
  login: () => 0,
  used: (one, other) => usedOf(other) - usedOf(one) || other.machines - one.machines,
  machines: (one, other) => other.machines - one.machines,
  waiting: (one, other) => jobsOf(other) - jobsOf(one),
  oldest: (one, other) => (other.oldestSeconds ?? -1) - (one.oldestSeconds ?? -1),
  created: (one, other) => (one.createdAt < other.createdAt ? -1 : one.createdAt > other.createdAt ? 1 : 0),
};

function choiceOf({ options }: CommandCall) {
  const { status, waiting, over, sort } = options;
  const faults: string[] = [];
  const order = Object.hasOwn(orders, String(sort)) ? orders[String(sort)] : undefined;
  if (!order)
    faults.push(`--sort is ${JSON.stringify(sort)}; it must be one of ${Object.keys(orders).join(', ')}.`);
  if (status !== undefined && !statuses.includes(String(status)))
    faults.push(`--status is ${JSON.stringify(status)}; it must be one of ${statuses.join(', ')}.`);
  const share = /^(\d{1,3})%?$/.exec(String(over))?.[1];
  if (over !== undefined && share === undefined)
    faults.push(`--over is ${JSON.stringify(over)}; it must be a share of the limit, such as 80%.`);
  if (faults.length > 0 || !order) throw new UsageError(faults.join('\n'));
  return {
    isShown: (tenant: ListedTenant) =>
      (status === undefined ? tenant.status !== 'deleted' : tenant.status === status) &&
      (!waiting || jobsOf(tenant) > 0) &&
      (share === undefined || usedOf(tenant) * 100 > Number(share)),
    compare: (one: ListedTenant, other: ListedTenant) =>
      order(one, other) || one.login.localeCompare(other.login) || one.installationId - other.installationId,
  };
}

function render(shown: readonly ListedTenant[], all: number): string {
  if (all === 0) return 'No tenants yet: nobody has installed the App, or its webhooks do not arrive.\n';
  const rows = shown.map((tenant) => [
    printableLine(tenant.login || '-'),
    String(tenant.installationId),
    tenant.status,
    printableLine(tenant.plan),
    `${tenant.machines} of ${tenant.maxRunners}`,
    String(jobsOf(tenant)),
    tenant.oldestSeconds === null ? '' : durationText(tenant.oldestSeconds),
    spendingText({ period: '', spent: tenant.spent, cap: tenant.spendCap }),
    tenant.problems.length === 0 ? '' : String(tenant.problems.length),
  ]);
  const heads = [
    'tenant',
    'installation',
    'status',
    'plan',
    'machines',
    'waiting',
    'longest',
    'this month',
    'problems',
  ];
  const faults = shown.filter(({ problems }) => problems.length > 0).length;
  const hint = faults === 0 ? '' : `\n  npx mayfly tenant show TENANT says what the problems are.\n`;
  return `${drawTable(heads, rows)}\n\n  ${shown.length} of ${all} tenants\n${hint}`;
}
