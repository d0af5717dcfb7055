/**
 * What the commands about admission controllers share: whose controllers they manage, the use cases' dependencies
 * with the operator's own credentials, and answers as lines or JSON.
 */
import { createRulesLoader } from '../../adapters/cel/load-rules.ts';
import { createControllerStore } from '../../adapters/dynamodb/controller-store.ts';
import { tokenSecrets } from '../../adapters/identity/token-secrets.ts';
import { systemClock } from '../../adapters/system/clock.ts';
import { type Actor, isFaulty } from '../../app/admission-api/admin.ts';
import type { ChangeDeps } from '../../app/admission-api/change-controller.ts';
import type { Faulty } from '../../app/admission-api/fault.ts';
import type { TryDeps } from '../../app/admission-api/try-job.ts';
import { assertConfig } from '../../config/check-config.ts';
import { tables } from '../../contract/tables.ts';
import { cellOf } from '../../core/controllers/api-token.ts';
import { platformOwner } from '../../core/controllers/controller.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Tenant } from '../../core/tenant.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type CommandCall, type CommandOption, jsonOption, UsageError } from '../command.ts';
import { githubOf } from '../insight/github-of.ts';
import { printableLine } from '../printable.ts';
import { type FoundTenant, findReadableTenant } from '../tenants/find-tenant.ts';
import { repositoryIds } from '../tenants/repository-ids.ts';
import { entriesOf } from '../tenants/set-options.ts';
import { dryRunOption, reasonOption } from '../tenants/tenant-options.ts';
import { whoRuns } from '../tenants/who.ts';
import { faultText } from './fault-text.ts';

export const ownerPositional = '<tenant>';
export const controllerPositional = '<controller>';
export const changeOptions: readonly CommandOption[] = [reasonOption, dryRunOption, jsonOption];

/** Given in place of a tenant. No GitHub login contains this character. */
export const platformName = '@platform';

export const ownerHelp = `The tenant is a login, an installation id, or ${platformName}: the operator's own controllers, over all tenants.`;

export interface Admin {
  readonly owner: InstallationId;
  /** Absent: the platform's operator. */
  readonly found?: FoundTenant & { readonly tenant: Tenant };
  readonly deps: ChangeDeps & TryDeps & { readonly cell: string };
}

/** @throws UsageError if there is no such tenant */
export async function adminOf(call: CommandCall): Promise<Admin> {
  const client = dynamoClient(call);
  const { environment } = call.config;
  const named = call.positionals[0] ?? '';
  const found =
    named === platformName ? undefined : await findReadableTenant({ client, config: call.config }, named);
  const { deployment } = assertConfig(call.config);
  const name = (table: keyof typeof tables) => `${environment}-${tables[table].suffix}`;
  const names = { tenants: name('tenants'), controllers: name('controllers'), audit: name('audit') };
  return {
    owner: found?.installationId ?? platformOwner,
    ...(found ? { found } : {}),
    deps: {
      deployment,
      cell: cellOf(deployment),
      controllers: createControllerStore({ client, tables: names }),
      // The tenant was read a moment ago.
      tenants: { get: async () => found?.tenant },
      github: {
        getRepository: async (...asked) => (await githubOf(call)).platform.getRepository(...asked),
        listRepositories: async (...asked) => (await githubOf(call)).platform.listRepositories(...asked),
        getRunnerGroup: async (...asked) => (await githubOf(call)).platform.getRunnerGroup(...asked),
      },
      tokenSecrets,
      clock: systemClock,
      loadRules: createRulesLoader(),
      allowsLoopback: isLaptop(call.environment['AWS_ENDPOINT_URL']),
    },
  };
}

/** @throws UsageError for a name that none of the tenant's repositories has */
export function repositoryIdsOf(call: CommandCall, { found }: Admin, given: string): Promise<number[]> {
  if (found) return repositoryIds(call, found, given);
  const ids = entriesOf(given);
  if (ids.length > 0 && ids.every((id) => /^[1-9]\d{0,14}$/.test(id)))
    return Promise.resolve(ids.map(Number));
  throw new UsageError(
    `For all tenants, give a repository by its GitHub id: ${JSON.stringify(given)} is not an id.`,
  );
}

/** On the laptop, controllers may listen on the loopback address too. */
const isLaptop = (endpoint: string | undefined) => endpoint?.startsWith('http://127.0.0.1:') === true;

export async function actorOf(call: CommandCall): Promise<Actor> {
  const { reason, dryRun } = call.options;
  return {
    who: await whoRuns(call),
    ...(typeof reason === 'string' ? { reason } : {}),
    isDryRun: dryRun === true,
  };
}

/** @throws UsageError with the fault's text */
export function demand<Value extends object>(call: CommandCall, answer: Value | Faulty): Value {
  if (!isFaulty(answer)) return answer;
  throw new UsageError(printableLine(faultText(call, answer.fault)));
}

/** Prints the value as JSON, or the lines. @returns the exit status */
export function print(call: CommandCall, value: unknown, lines: readonly string[]): number {
  const text = lines.map((line) => `${printableLine(line)}\n`).join('');
  call.io.out(call.options['json'] ? `${JSON.stringify(value)}\n` : text);
  return 0;
}

/** What follows a token or secret that has been replaced. */
export const endsText = (endsAt: number | undefined): string =>
  endsAt === undefined ? '' : `, ends ${new Date(endsAt).toISOString()}`;

/**
 * Prints a value that is shown only once. @param value undefined in a dry run
 *
 * @returns the exit status
 */
export function printOnce(
  call: CommandCall,
  shown: object,
  { name, value }: { readonly name: 'token' | 'secret'; readonly value: string | undefined },
): number {
  const made = value === undefined ? [] : [value, 'Save it now: it is not shown again.'];
  const whole = { ...shown, ...(value === undefined ? {} : { [name]: value }), dryRun: value === undefined };
  return print(call, whole, [...made, ...dryRunLine(call)]);
}

/** The last line after a change, in a dry run. */
export const dryRunLine = (call: CommandCall): readonly string[] =>
  call.options['dryRun'] === true ? ['Nothing was changed. To do it, run the same without --dry-run.'] : [];

/** An option's value in seconds. The use case checks its upper bound. @throws UsageError if it is not a whole number */
export function overlapOf({ options }: CommandCall): number {
  const given = options['overlap'];
  if (typeof given !== 'string') return 0;
  if (/^\d{1,15}$/.test(given)) return Number(given);
  throw new UsageError(`--overlap is ${JSON.stringify(given)}; it must be a whole number of seconds.`);
}

export const overlapOption: CommandOption = {
  flags: '--overlap <seconds>',
  description: 'how long the previous one keeps working, up to a day; default: not at all',
};
