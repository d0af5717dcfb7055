/**
 * The commands of `npx mayfly`, in the order in which an operator meets them. Only the commands that the command line
 * may mean are loaded: loading all would take ten times as long as `mayfly host status`. Help and a misspelt word
 * load all.
 */
import type { Command } from './command.ts';

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

/** @returns the commands that begin with the first argument; all of them if none does, as with `--help` */
export async function commandsFor([word = '']: readonly string[]): Promise<readonly Command[]> {
  const load = byFirstWord.get(word);
  return load ? load() : allCommands();
}

export async function allCommands(): Promise<readonly Command[]> {
  const all: Command[] = [];
  for (const load of byFirstWord.values()) all.push(...(await load()));
  return all;
}
