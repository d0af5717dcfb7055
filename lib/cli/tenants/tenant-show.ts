/** `mayfly tenant show TENANT`: everything that is known about one tenant, and what is wrong with it. Read-only. */
import { dynamoClient } from '../aws-clients.ts';
import { type Command, jsonOption } from '../command.ts';
import { printableLine } from '../printable.ts';
import { readWaiting } from '../read-waiting.ts';
import { problemsOf } from '../status-problems.ts';
import { type FoundTenant, namedTenant, tenantPositional } from './find-tenant.ts';
import { type SpendingView, spendingText, type TenantView, tenantView } from './tenant-view.ts';

export const tenantShow: Command = {
  name: 'tenant show',
  summary: 'show the settings, limits and machines of one tenant',
  details: `
Examples:
  mayfly tenant show acme         by its login, in upper or lower case
  mayfly tenant show 12345678     by its installation id
`,
  exitOne: 'something is wrong; the lines under "Problems" say what',
  positionals: [tenantPositional],
  options: [jsonOption],
  async run(call) {
    const client = dynamoClient(call);
    const found = await namedTenant(call);
    const { installationId, login, tenant } = found;
    const waiting = await readWaiting(client, call.config.environment, installationId);
    const counts = Object.fromEntries([...waiting].map(([code, { jobs }]) => [code, jobs]));
    const problems = problemsFor(found, [
      ...(tenant?.caps?.unreadable === undefined ? [] : [tenant.caps.unreadable]),
      ...problemsOf({ tenant, waiting, now: Date.now() }),
    ]);
    const view = tenant
      ? tenantView(tenant, call.config, Date.now())
      : { installationId, login, status: 'unreadable' };
    const shown = { ...view, waiting: counts, problems };
    call.io.out(call.options['json'] ? `${JSON.stringify(shown)}\n` : render(shown));
    return problems.length > 0 ? 1 : 0;
  },
};

const problemsFor = ({ unreadable }: FoundTenant, others: readonly string[]): readonly string[] =>
  unreadable === undefined ? others : [unreadable, ...others];

type Shown = (TenantView | Pick<TenantView, 'installationId' | 'login' | 'status'>) & {
  readonly waiting: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
};

function render(shown: Shown): string {
  const { login, installationId, status, problems } = shown;
  const waiting = Object.entries(shown.waiting).map(([code, jobs]) => `${jobs} ${code}`);
  const rows = [
    ['tenant', `${login || '-'}, installation ${installationId}`],
    ['status', status],
    ...('plan' in shown ? settings(shown) : []),
    ['jobs waiting', waiting.join(', ') || 'none'],
  ];
  const lines = rows.map(([name = '', value = '']) => `  ${name.padEnd(wide)}  ${printableLine(value)}`);
  const faults = problems.map((problem) => `    ${printableLine(problem)}`);
  return [...lines, ...(faults.length > 0 ? ['', '  Problems:', ...faults] : []), ''].join('\n');
}

const wide = 'public repositories'.length;

function settings(view: TenantView): string[][] {
  const { accountType, accountId, repositories, publicRepositories, group, level, isFallback } = view;
  const tiers = Object.entries(view.tiers).map(([name, { machines, maxRunners, allowed }]) =>
    maxRunners === null
      ? `${name} ${machines} (no longer configured)`
      : `${name} ${machines} of ${maxRunners}${allowed ? '' : ' (not allowed)'}`,
  );
  const kept = view.keepsGroup ? ' (kept in sync with the repositories below)' : '';
  return [
    ['account', `${accountType.toLowerCase()} ${accountId}`],
    ['plan', view.plan],
    ['machines', `${view.machines} of ${view.maxRunners}: ${tiers.join(', ')}`],
    ['weight', String(view.weight)],
    [
      'spent',
      `${spentText(view.spending)}${view.machines > 0 ? ', with the expected cost of live machines' : ''}`,
    ],
    ['runners in', `${level}${isFallback ? ' (fallback)' : ''}${group === null ? '' : `, ${group}`}${kept}`],
    ['repositories', repositories === null ? 'all' : repositories.join(', ') || 'none'],
    ['public repositories', publicSettings.get(publicRepositories) ?? ''],
    ['permissions', permissionsText(view.permissions)],
    ['since', `${view.createdAt}, changed ${view.updatedAt}`],
  ];
}

const spentText = ({ month, day, strict }: SpendingView) =>
  `${spendingText(month)} in ${month.period}, ${spendingText(day)} today${strict ? ', strict' : ''}`;

const publicSettings = new Map([
  [true, 'allowed'],
  [false, 'refused'],
  [null, "as GitHub's settings say"],
]);

const permissionsText = (permissions: TenantView['permissions']) =>
  Object.entries(permissions)
    .toSorted()
    .map(([name, level]) => `${name}: ${level}`)
    .join(', ') || 'not asked yet';
