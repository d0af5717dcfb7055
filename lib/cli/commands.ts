/**
 * The commands of `npx mayfly`, in the order in which an operator meets them. Only the commands that the command line
 * may mean are loaded: loading all would take ten times as long as `mayfly host status`. Help and a misspelt word
 * load none.
 */
import type { Command, Outline } from './command.ts';
import { groupSummaries } from './command-groups.ts';
import { outlines } from './outlines.ts';

type Load = () => Promise<readonly Command[]>;

/** By the first word of their names. */
const byFirstWord: ReadonlyMap<string, Load> = new Map<string, Load>([
  ['preflight', async () => [(await import('./preflight.ts')).preflight]],
  ['policy', async () => [(await import('./policy.ts')).policy]],
  ['setup', async () => [(await import('./setup/setup.ts')).setup]],
  ['verify', async () => [(await import('./verify.ts')).verify]],
  ['status', async () => [(await import('./status.ts')).status]],
  ['explain', async () => [(await import('./insight/explain.ts')).explain]],
  ['tenants', async () => [(await import('./tenants/tenants.ts')).tenants]],
  ['tenant', async () => (await import('./tenants/tenant-commands.ts')).tenantCommands],
  ['controllers', async () => (await import('./controllers/controllers-commands.ts')).controllersCommands],
  ['costs', async () => (await import('./costs/costs-commands.ts')).costsCommands],
  ['invoice', async () => [(await import('./costs/invoice.ts')).invoice]],
  ['prices', async () => [(await import('./prices/prices-update.ts')).pricesUpdate]],
  ['audit', async () => [(await import('./audit.ts')).audit]],
  ['rollback', async () => [(await import('./deployments/rollback.ts')).rollback]],
  ['logs', async () => [(await import('./machine-logs.ts')).machineLogs]],
  ['dead-letters', async () => [(await import('./dead-letters.ts')).deadLetters]],
  [
    'rotate-webhook-secret',
    async () => [(await import('./setup/rotate-webhook-secret.ts')).rotateWebhookSecret],
  ],
  ['rotate-key', async () => [(await import('./setup/rotate-key.ts')).rotateKey]],
  ['drain', async () => [(await import('./drain.ts')).drain]],
  ['host', async () => (await import('./host/host-commands.ts')).hostCommands],
]);

/**
 * @returns the commands that begin with the first argument, or with the second one of `help tenant`; if nothing begins with
 *   it, as with `--help`, only what the list of commands shows
 */
export async function commandsFor(args: readonly string[]): Promise<readonly Outline[]> {
  const [first = '', second = ''] = args;
  const load = byFirstWord.get(first === 'help' ? second : first);
  if (load) return load();
  // As in `-- status`.
  return args.some((arg) => byFirstWord.has(arg)) ? allCommands() : [...byFirstWord.keys()].map(outlineOf);
}

function outlineOf(word: string): Outline {
  const known: Readonly<Record<string, Outline>> = outlines;
  const isGroup = Object.keys(groupSummaries).some((group) => group.split(' ')[0] === word);
  const outline = known[word] ?? { name: word, summary: groupSummaries[word] ?? word };
  return isGroup ? { ...outline, positionals: ['<command>'] } : outline;
}

export async function allCommands(): Promise<readonly Command[]> {
  const all: Command[] = [];
  for (const load of byFirstWord.values()) all.push(...(await load()));
  return all;
}
