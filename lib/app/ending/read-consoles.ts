/**
 * Keeps the console of a machine that ends without having claimed: the only evidence of why. It is read before the
 * machine is ended, and stored in its row. If it cannot be read, that is logged, and the machine is ended anyway.
 */
import type { InstanceId } from '../../core/ids.ts';
import type { Compute } from '../../ports/compute.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { consoleCharacters, consolesAtOnce } from '../common/settings.ts';
import type { Ending } from './ending.ts';

export type Consoles = ReadonlyMap<InstanceId, string>;

export async function readConsoles(
  deps: { readonly compute: Compute; readonly telemetry: Telemetry },
  endings: readonly Ending[],
): Promise<Consoles> {
  const silent = endings.filter(
    ({ runner, reason }) =>
      runner.state === 'booting' && (reason === 'boot-deadline' || reason === 'instance-ended'),
  );
  const read = silent.slice(0, consolesAtOnce).map(async ({ runner }) => {
    const { installationId, instanceId, launchId, tier } = runner;
    try {
      return [[instanceId, lastLines(await deps.compute.readConsole(instanceId))] as const];
    } catch (error) {
      const about = { installationId, instanceId, launchId, tier, error: String(error) };
      deps.telemetry.event('warn', 'console-unreadable', about);
      return [];
    }
  });
  const consoles = (await Promise.all(read)).flat();
  return new Map(consoles.filter(([, text]) => text !== ''));
}

/** Whole lines, as far as they fit. A machine may print anything: control characters are removed. */
function lastLines(console: string): string {
  const text = console
    .replaceAll('\r', '')
    .replace(/[^\P{Cc}\n]/gu, ' ')
    .trimEnd();
  if (text.length <= consoleCharacters) return text;
  const tail = text.slice(-consoleCharacters);
  return tail.slice(tail.indexOf('\n') + 1);
}
