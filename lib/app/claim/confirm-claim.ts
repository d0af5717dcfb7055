/**
 * The machine's last call before its runner starts: from here on it gets nothing more, so that whatever a job finds
 * on its machine is useless.
 */
import type { MachineRequest } from '../../contract/machine.ts';
import type { LaunchId } from '../../core/ids.ts';
import type { RunnerStore } from '../../ports/runners.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { aboutTicket, authenticateMachine, type DoorDeps } from './authenticate-machine.ts';

export interface ConfirmDeps extends DoorDeps {
  readonly runners: RunnerStore;
  readonly telemetry: Telemetry;
}

/** False: the machine must not start its runner. */
export async function confirmClaim(deps: ConfirmDeps, request: MachineRequest): Promise<boolean> {
  const machine = await authenticateMachine(deps, request);
  if ('refused' in machine) return refuse(deps, { ...aboutTicket(machine), reason: machine.refused });
  const { instanceId, nonce } = machine;
  const { gated = false } = request;
  const at = deps.clock.now();
  const { installationId, launchId, tier } = machine.ticket;
  const confirming = { instanceId, launchId, nonce, at, gated, ...runningAt(request, at) };
  const confirmed = await deps.runners.confirm(confirming);
  // The launch's own log line names its machines, and each byte of a log costs money.
  const about = { installationId, instanceId, tier };
  if (confirmed) {
    const { up = [], prepared = [], claimed = [] } = request.timings ?? {};
    deps.telemetry.event('info', 'machine-ready', about, {
      UpToScriptMilliseconds: up,
      ScriptToPreparedMilliseconds: prepared,
      PreparedToClaimedMilliseconds: claimed,
    });
    return true;
  }
  return refuse(deps, { ...about, launchId, reason: 'not-claimed' });
}

/** AWS charges from about when the kernel starts; no job has run on the machine yet that could falsify the time. */
function runningAt({ timings }: MachineRequest, at: number): { runningAt?: number } {
  if (timings === undefined) return {};
  const { up, prepared, claimed } = timings;
  return { runningAt: Math.round(at - up - prepared - claimed) };
}

function refuse(deps: ConfirmDeps, about: { readonly reason: string; readonly launchId?: LaunchId }): false {
  deps.telemetry.event('warn', 'confirm-refused', about, { ConfirmsRefused: 1 });
  return false;
}
