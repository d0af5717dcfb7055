/**
 * In a burst many copies bring jobs of one tenant and tier at the same time, and all but one of them would lose their
 * transaction to it. So one of them plans for all: the others leave a mark that they brought something, and are done. Who
 * plans looks again as long as somebody left a mark. The turn is no lock that limits rest on: if its holder dies, it
 * expires, and the jobs of those who left are found by the next event, or by the sweep within a minute.
 */
import type { InstallationId, TierName } from '../../core/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Notes } from '../../ports/notes.ts';

type TurnDeps = { readonly notes: Notes; readonly clock: Clock };
type TurnPlace = { readonly installationId: InstallationId; readonly tier: TierName };

export interface PlanningTurn {
  readonly name: string;
  /** Of the note, as this holder wrote it last. */
  version: number;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly expiresAt: number;
}

/** Planning takes a tenth of a second; a holder that needs longer than this has died. */
const turnSeconds = 10;

/** So long a holder goes on looking for others; then it launches what it took. */
const holdMilliseconds = 300;

/** Each try lets one of those who met go on. */
const maxTries = 8;

const turnName = ({ installationId, tier }: TurnPlace) => `planning/${installationId}/${tier}`;

/** Whether somebody plans for this tenant and tier now, in a turn. */
export async function isPlanned({ notes, clock }: TurnDeps, place: TurnPlace): Promise<boolean> {
  return (await notes.read([turnName(place)], clock.now())).size > 0;
}

/** @returns undefined: somebody else plans, and will look again */
export async function takePlanningTurn(deps: TurnDeps, place: TurnPlace): Promise<PlanningTurn | undefined> {
  const name = turnName(place);
  for (let tries = 1; tries <= maxTries; tries++) {
    const now = deps.clock.now();
    const held = (await deps.notes.read([name], now)).get(name);
    // Who reads a mark was here before it is taken away: the look that follows finds its jobs too.
    if (held?.value['wanted'] === true) return undefined;
    if (held) {
      const mark = { value: { wanted: true }, expiresAt: held.expiresAt, version: held.version, now };
      if (await deps.notes.writeIf(name, mark)) return undefined;
      continue;
    }
    const expiresAt = now + turnSeconds * 1000;
    if (await deps.notes.writeIf(name, { value: {}, expiresAt, version: 0, now })) {
      const mine = (await deps.notes.read([name], now)).get(name);
      if (mine && mine.expiresAt === expiresAt) return { name, version: mine.version, since: now, expiresAt };
    }
  }
  return undefined;
}

/** again: somebody left a mark meanwhile, and the turn goes on. late: so it is, but others may plan now. */
export async function passPlanningTurn(
  deps: TurnDeps,
  turn: PlanningTurn,
): Promise<'over' | 'again' | 'late'> {
  const now = deps.clock.now();
  const { name, expiresAt } = turn;
  if (await deps.notes.writeIf(name, { value: {}, expiresAt: now, version: turn.version, now }))
    return 'over';
  const marked = (await deps.notes.read([name], now)).get(name);
  if (!marked || marked.expiresAt !== expiresAt) return 'late';
  const isLate = now >= turn.since + holdMilliseconds;
  const next = { value: {}, expiresAt: isLate ? now : expiresAt, version: marked.version, now };
  if (!(await deps.notes.writeIf(name, next))) return 'late';
  turn.version = marked.version + 1;
  return isLate ? 'late' : 'again';
}
