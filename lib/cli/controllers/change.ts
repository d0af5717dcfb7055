/**
 * Changes one controller for a command, recorded under the operator's name. It prints the controller as it is after
 * the change, or, in a dry run, as it would be.
 */
import { type Changed, changeController } from '../../app/admission-api/change-controller.ts';
import { controllerView } from '../../app/admission-api/views.ts';
import type { PolicyChange } from '../../core/controllers/policy-change.ts';
import type { CommandCall } from '../command.ts';
import { type Admin, actorOf, demand, dryRunLine, print } from './admin.ts';
import { controllerLines } from './controller-text.ts';

export async function changeAndPrint(
  call: CommandCall,
  { deps, owner }: Admin,
  change: PolicyChange,
  lines: (changed: Changed) => readonly string[] = linesOf,
): Promise<number> {
  const changed = demand(call, await changeController(deps, owner, change, await actorOf(call)));
  const shown = controllerView({ controller: changed.controller, connected: false });
  return print(call, { ...shown, dryRun: call.options['dryRun'] === true }, [
    ...lines(changed),
    ...dryRunLine(call),
  ]);
}

const linesOf = ({ controller }: Changed) => controllerLines({ controller, connected: false });
