/**
 * Whether what any one job has to pass stays within its bounds: the number of controllers, and the steps of their
 * expressions together. The run that judges the job evaluates them one after the other, and other tenants' jobs wait for it.
 *
 * Reading an expression takes milliseconds, and an owner may have hundreds. So only jobs for which the change adds
 * something are looked at, and only controllers over them are weighed. Other jobs may have more from an earlier version.
 */
import { type Controller, controllerBounds, isInForce } from './controller.ts';
import { metTogetherWith } from './met-together.ts';
import { type ChangeContext, type PolicyFault, policyFault } from './policy-change.ts';

type Steps = Pick<ChangeContext, 'stepsOf'>;

interface Replaced {
  readonly others: readonly Controller[];
  /** Absent: it is new. */
  readonly before: Controller | undefined;
  readonly after: Controller;
}

export function checkOneJob({ others, before, after }: Replaced, steps: Steps): PolicyFault | undefined {
  if (!isInForce(after)) return undefined;
  const was = before && isInForce(before) ? before : undefined;
  if (was && isSameWork(was, after)) return undefined;
  // The controller stands in the sets as it was and as it will be: a job without the former meets one more.
  const sets = metTogetherWith(after, [...others.filter(isInForce), ...(was ? [was] : []), after]);
  const larger = was ? sets.filter((set) => !set.includes(was)) : sets;
  const most = controllerBounds.controllersOfOneJob;
  if (larger.some(({ length }) => length > most)) {
    return policyFault(
      'conflict',
      'too-many-on-one-job',
      `More than ${most} enabled or dry-run controllers would be asked about one job; at most ${most} may be. Disable one, or narrow its scopes.`,
    );
  }
  const stepsOf = rememberedSteps(steps);
  const sum = (set: readonly Controller[]) => set.reduce((all, one) => all + stepsOf(one), 0);
  const dearer = sets.filter((set) => stepsOf(after) > (was && set.includes(was) ? stepsOf(was) : 0));
  const tooDear = dearer
    .map((set) => set.filter((one) => one !== was))
    .find((set) => sum(set) > controllerBounds.stepsOfOneJob);
  if (!tooDear) return undefined;
  return policyFault('conflict', 'too-many-steps-on-one-job', textOf(tooDear, stepsOf));
}

/** Found without reading an expression: a description or a timeout changes. */
const isSameWork = (one: Controller, other: Controller) =>
  one.scopes === other.scopes && JSON.stringify(expressionsOf(one)) === JSON.stringify(expressionsOf(other));

type StepsOf = (controller: Controller) => number;

function rememberedSteps(steps: Steps): StepsOf {
  const known = new Map<Controller, number>();
  return (controller) => {
    const found = known.get(controller) ?? stepsOfController(controller, steps);
    known.set(controller, found);
    return found;
  };
}

/** Of all its expressions, whatever they say about a job. */
export const stepsOfController = (controller: Controller, { stepsOf }: Steps): number =>
  expressionsOf(controller).reduce((sum, expression) => sum + stepsOf(expression), 0);

const expressionsOf = ({ match, transport }: Controller): string[] => [
  match ?? '',
  ...(transport.kind === 'rules' ? transport.rules.map(({ reject }) => reject) : []),
];

function textOf(controllers: readonly Controller[], stepsOf: StepsOf): string {
  const weighed = controllers.map((controller) => ({ id: controller.id, steps: stepsOf(controller) }));
  const sum = weighed.reduce((all, { steps }) => all + steps, 0);
  const dearest = weighed
    .filter(({ steps }) => steps > 0)
    .sort((one, other) => other.steps - one.steps)
    .slice(0, 3)
    .map(({ id, steps }) => `${id} (${steps})`);
  return `The rules for one job would take up to ${sum} steps together, for reading and evaluating them; at most ${controllerBounds.stepsOfOneJob} are allowed. Most are of ${dearest.join(', ')}. Use fewer patterns and loops, shorten the rules, narrow a scope, or disable a controller.`;
}
