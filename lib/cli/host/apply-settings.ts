/**
 * Applies new settings: checks them first, saves them beside the earlier versions, and has the supervisor load them
 * without interrupting a job. Settings that fail a check change nothing.
 */
import { isHostLocked } from '../../adapters/host-files/host-lock.ts';
import { nameStart, scopeName } from '../../host/runner.ts';
import { saveVersion } from '../../host/versions.ts';
import type { CommandCall } from '../command.ts';
import { check, hasFailed, render } from './findings.ts';
import { HostFault } from './host-fault.ts';
import { configOf, type Host, secondsOption } from './open-host.ts';
import { waitForRunners, wishFor } from './supervision.ts';

export async function applySettings(
  call: CommandCall,
  host: Host,
  { text, why }: { readonly text: string; readonly why: string },
): Promise<number> {
  const { io } = call;
  const { state } = host;
  const before = await state.settings();
  const config = configOf(text, 'the new host.env');
  io.out(`before: ${describe(before)}\nafter:  ${describe(text)}\n`);
  if (call.options['dryRun']) return 0;
  const findings = await check(call, host, config);
  io.out(render(findings));
  if (hasFailed(findings)) throw new HostFault('A check failed. Nothing was changed.');
  const now = Date.now();
  const backup = await saveVersion(state, { text: before, why: `before ${why}`, now });
  await state.putSettings(text);
  const number = await saveVersion(state, { text, why, now });
  io.out(`The previous settings are version ${backup}; the current ones are version ${number}.\n`);
  if (!(await isHostLocked(host.folder))) {
    io.out('No supervisor is running. Start it: npx mayfly host start\n');
    return 0;
  }
  const { mode } = await state.wish();
  const { change } = await wishFor(host, mode, true);
  const waited = await waitForRunners(host, config, { seconds: secondsOption(call, 'wait') ?? 90, change });
  const start = nameStart(config.namePrefix, await state.hostId());
  if (waited.online > 0) {
    io.out(
      `${waited.online} of ${config.runners} runners online in ${scopeName(config.scope)}, named ${start}…\n`,
    );
    return 0;
  }
  const reason =
    waited.trouble ?? 'GitHub shows no runner online there yet; running jobs may have to end first';
  throw new HostFault(`${reason}. To go back: npx mayfly host rollback`);
}

function describe(text: string): string {
  try {
    const { scope, group, runners } = configOf(text, 'settings');
    return `${scope.kind} ${scopeName(scope)}${group ? `, group ${group}` : ''}, ${runners} wanted`;
  } catch (error) {
    if (!(error instanceof HostFault)) throw error;
    return 'settings with faults';
  }
}
