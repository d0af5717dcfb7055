/**
 * In a burst many copies bring jobs of one tenant and tier at the same time, and all but one of them would lose their
 * transactions. So one of them plans for all: the others leave a mark that they brought something, and are done.
 * The planner looks again as long as someone left a mark, while EC2 works on its requests so far. No limit depends
 * on the turn: if its holder dies, it expires, and the next event, or the sweep within a minute, finds the others'
 * jobs. Marks and looks do not undo each other: many copies can leave marks at the same moment, and no write fails.
 */
import { type TenantTier, tenantTierKey } from '../../core/tenant-tier.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Note, Notes } from '../../ports/notes.ts';

type TurnDeps = { readonly notes: Notes; readonly clock: Clock };

export interface PlanningTurn {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly since: number;
  /** Epoch milliseconds; no other turn has the same. */
  readonly expiresAt: number;
}

/** A look takes a tenth of a second; a holder that needs longer than this has died. */
const turnSeconds = 10;

/** How long a holder looks for others; together with a call to EC2, well within its function's time. */
const holdMilliseconds = 2_000;

/**
 * A turn that is passed on has been over for this long: a mark sent before then must not end up in the old turn.
 * The difference of two copies' clocks, and a call's duration, are shorter.
 */
const longestCallSeconds = 60;

/** In each attempt, one of the copies that collided succeeds. */
const maxTries = 8;

const turnName = (place: TenantTier) => `planning/${tenantTierKey(place)}`;

/** The turn of the present planner for this tenant and tier. */
export async function readPlanningTurn(
  { notes, clock }: TurnDeps,
  place: TenantTier,
): Promise<Note | undefined> {
  const name = turnName(place);
  return (await notes.read([name], clock.now())).get(name);
}

/**
 * @param known the turn as read after this copy's jobs were written, if there was one
 * @returns undefined: another copy plans, and will look again
 */
export async function takePlanningTurn(
  deps: TurnDeps,
  place: TenantTier,
  known?: Note,
): Promise<PlanningTurn | undefined> {
  const name = turnName(place);
  let held = known;
  for (let tries = 1; tries <= maxTries; tries++) {
    held ??= await readPlanningTurn(deps, place);
    const now = deps.clock.now();
    if (held) {
      // The mark is removed before the next look, which therefore finds the jobs of the copy that left it.
      if (held.value['wanted'] === true) return undefined;
      if (await deps.notes.writeWhile(name, { value: { wanted: true }, now })) return undefined;
    } else {
      const expiresAt = now + turnSeconds * 1000;
      if (await deps.notes.writeIf(name, { value: {}, expiresAt, version: 0, now })) {
        return { name, since: now, expiresAt };
      }
    }
    held = undefined;
  }
  return undefined;
}

/** again: someone left a mark meanwhile, and the turn goes on. late: the same, but others may plan now. */
export async function passPlanningTurn(
  deps: TurnDeps,
  { name, since, expiresAt }: PlanningTurn,
): Promise<'over' | 'again' | 'late'> {
  for (let tries = 1; tries <= maxTries; tries++) {
    const held = (await deps.notes.read([name], deps.clock.now())).get(name);
    if (held?.expiresAt !== expiresAt) return 'late';
    const now = deps.clock.now();
    const isWanted = held.value['wanted'] === true;
    const goesOn = isWanted && now < since + holdMilliseconds;
    const over = now - longestCallSeconds * 1000;
    const next = { value: {}, expiresAt: goesOn ? expiresAt : over, version: held.version, now };
    // The condition failed: someone has just left a mark.
    if (!(await deps.notes.writeIf(name, next))) continue;
    if (goesOn) return 'again';
    return isWanted ? 'late' : 'over';
  }
  return 'late';
}
