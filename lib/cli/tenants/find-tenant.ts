/**
 * Finds the tenant that an operator named by login or installation id. Logins have no index, so the logins of all
 * rows are read, in a parallel scan. An unknown name is answered with similar ones.
 */
import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { Attributes } from '../../adapters/dynamodb/attributes.ts';
import { getRow } from '../../adapters/dynamodb/read.ts';
import { tenantKey, tenantOfRow } from '../../adapters/dynamodb/tenant-row.ts';
import { tables } from '../../contract/tables.ts';
import { InstallationId } from '../../core/ids.ts';
import type { Tenant } from '../../core/tenant.ts';
import { OperationalError } from '../../ports/errors.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type CommandCall, UsageError } from '../command.ts';
import { printableLine } from '../printable.ts';
import { nearNames } from './near-names.ts';

/** One row of the tenants table, read consistently. */
export interface FoundTenant {
  readonly installationId: InstallationId;
  readonly login: string;
  /** The stored attributes. */
  readonly row: Attributes;
  /** Absent: an attribute cannot be read; `unreadable` says which one. */
  readonly tenant?: Tenant;
  readonly unreadable?: string;
}

type Tables = { readonly client: DynamoDBClient } & Pick<CommandCall, 'config'>;

export const tenantPositional = '<tenant>';

/**
 * @param given a login, in any case, or an installation id. Digits are tried as an id first, because a login may be
 * all digits too
 * @throws UsageError if nobody has it, or several installations do
 */
export async function findTenant(tables: Tables, given: string): Promise<FoundTenant> {
  // Often a script's variable that is not set. A row that an edit created has no login either.
  if (given === '') throw new UsageError('The tenant is empty: give a login or an installation id.');
  const byId = /^\d{1,15}$/.test(given) ? await tenantById(tables, Number(given)) : undefined;
  if (byId) return byId;
  const names = await readNames(tables);
  const named = chosen(names, given);
  const found = named && (await tenantById(tables, named.installationId));
  if (found) return found;
  throw new UsageError(nobody(names, given));
}

/** The tenant in the command's first argument, or in a later one. @throws UsageError as `findTenant` does */
export const namedTenant = (call: CommandCall, argument = 0): Promise<FoundTenant> =>
  findTenant({ client: dynamoClient(call), config: call.config }, call.positionals[argument] ?? '');

/** Like `findTenant`, but throws if the row has an attribute that cannot be read. */
export async function findReadableTenant(
  tables: Tables,
  given: string,
): Promise<FoundTenant & { readonly tenant: Tenant }> {
  const found = await findTenant(tables, given);
  if (found.tenant) return { ...found, tenant: found.tenant };
  throw new UsageError(printableLine(found.unreadable ?? ''));
}

export async function tenantById({ client, config }: Tables, id: number): Promise<FoundTenant | undefined> {
  const row = await getRow(client, tableName(config), tenantKey(InstallationId(id)));
  return row && found(row);
}

export function found(row: Attributes): FoundTenant {
  const installationId = InstallationId(Number(row['installation_id']?.N));
  const named = { installationId, login: row['account_login']?.S ?? '', row };
  try {
    return { ...named, tenant: tenantOfRow(row) };
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    return { ...named, unreadable: error.message };
  }
}

interface Named {
  readonly installationId: number;
  readonly login: string;
  readonly status: string;
}

const scansAtOnce = 4;

async function readNames({ client, config }: Tables): Promise<Named[]> {
  const scan = async (Segment: number) => {
    const names: Named[] = [];
    const input = {
      TableName: tableName(config),
      ProjectionExpression: 'installation_id, account_login, #status',
      ExpressionAttributeNames: { '#status': 'status' },
      Segment,
      TotalSegments: scansAtOnce,
    };
    for await (const { Items = [] } of paginateScan({ client }, input)) names.push(...Items.map(nameOf));
    return names;
  };
  return (await Promise.all(Array.from({ length: scansAtOnce }, (_, n) => scan(n)))).flat();
}

const nameOf = (row: Attributes): Named => ({
  installationId: Number(row['installation_id']?.N),
  login: row['account_login']?.S ?? '',
  status: row['status']?.S ?? '',
});

/** If several installations have a login, uninstalled ones count only if all of them are uninstalled. */
function chosen(names: readonly Named[], given: string): Named | undefined {
  const wanted = given.toLowerCase();
  const same = names.filter(({ login }) => login.toLowerCase() === wanted);
  const installed = same.filter(({ status }) => status !== 'deleted');
  if (installed.length > 1) {
    const ids = installed.map(({ installationId }) => installationId).join(', ');
    throw new UsageError(
      `${JSON.stringify(given)} has ${installed.length} installations: ${ids}. Give the id of one.`,
    );
  }
  // GitHub's ids increase, so the greatest is the latest.
  return installed[0] ?? same.toSorted((a, b) => b.installationId - a.installationId)[0];
}

function nobody(names: readonly Named[], given: string): string {
  const near = nearNames(
    given,
    names.map(({ login }) => login),
  );
  const what = /^\d+$/.test(given) ? 'installation id or login' : 'login';
  const hint =
    near.length > 0
      ? `Did you mean ${near.map(printableLine).join(', ')}?`
      : names.length === 0
        ? 'There are no tenants yet: nobody has installed the App, or its webhooks do not arrive.'
        : 'npx mayfly tenants lists them.';
  return `No tenant has the ${what} ${JSON.stringify(given)}. ${hint}`;
}

export const tableName = (config: CommandCall['config']) => `${config.environment}-${tables.tenants.suffix}`;
