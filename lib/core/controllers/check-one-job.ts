/**
 * Whether what any one job has to pass stays within its bounds: the number of controllers, and the steps of their
 * expressions together. The run that judges the job evaluates them one after the other, and other tenants' jobs wait for it.
 */
import { type Controller, controllerBounds } from './controller.ts';
import { mostOnOneJob } from './most-on-one-job.ts';
import { type ChangeContext, type PolicyFault, policyFault } from './policy-change.ts';

type Steps = Pick<ChangeContext, 'stepsOf'>;

/** @param before what is stored; it may have more steps than are allowed now, and then the change may add none */
export function checkOneJob(
  { before, after }: { readonly before: readonly Controller[]; readonly after: readonly Controller[] },
  steps: Steps,
): PolicyFault | undefined {
  const most = controllerBounds.controllersOfOneJob;
  if (mostOnOneJob(after) > most) {
    return policyFault(
      'conflict',
      'too-many-on-one-job',
      `More than ${most} enabled or dry-run controllers would be asked about one job; at most ${most} may be. Disable one, or narrow its scopes.`,
    );
  }
  const weightOf = (controller: Controller) => stepsOfController(controller, steps);
  const given = mostOnOneJob(after, weightOf);
  if (given <= controllerBounds.stepsOfOneJob || given <= mostOnOneJob(before, weightOf)) return undefined;
  return policyFault('conflict', 'too-many-steps-on-one-job', textOf(given, after, weightOf));
}

/** Of all its expressions, whatever they say about a job. */
export function stepsOfController({ match, transport }: Controller, { stepsOf }: Steps): number {
  const rules = transport.kind === 'rules' ? transport.rules.map(({ reject }) => reject) : [];
  return [match ?? '', ...rules].reduce((sum, expression) => sum + stepsOf(expression), 0);
}

function textOf(given: number, after: readonly Controller[], weightOf: (controller: Controller) => number) {
  const dearest = after
    .filter(({ state }) => state !== 'disabled')
    .map((controller) => ({ id: controller.id, steps: weightOf(controller) }))
    .sort((one, other) => other.steps - one.steps)
    .slice(0, 3)
    .map(({ id, steps }) => `${id} (${steps})`);
  return `The rules for one job would take up to ${given} steps together, for reading and evaluating them; at most ${controllerBounds.stepsOfOneJob} are allowed. Most are of ${dearest.join(', ')}. Use fewer patterns and loops, shorten the rules, narrow a scope, or disable a controller.`;
}
