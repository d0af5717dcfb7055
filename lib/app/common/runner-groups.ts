/**
 * What all copies know about the runner groups that tenants' machines join. Functions that may call GitHub ask, and store
 * the answer in a note of the tenant; those that launch machines only read it, and request a new look if it is old, or
 * keeps a job from starting. However many copies ask, only one look is made in a period.
 */
import type { Deployment } from '../../contract/deployment.ts';
import type { GitHubRefusal } from '../../core/github.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { GroupStanding, GroupView, RunnerGroup } from '../../core/runner-group.ts';
import { levelNow } from '../../core/runner-level.ts';
import type { Tenant } from '../../core/tenant.ts';
import type { Clock } from '../../ports/clock.ts';
import type { GitHub } from '../../ports/github.ts';
import type { Note, Notes } from '../../ports/notes.ts';
import type { Queues } from '../../ports/queues.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { groupAskedSeconds, groupBelievedSeconds, groupHeldSeconds, groupKeptSeconds } from './settings.ts';

export interface GroupDeps {
  readonly deployment: Deployment;
  readonly notes: Notes;
  readonly clock: Clock;
}

export interface KnownGroup extends GroupView {
  /** Epoch milliseconds; 0: never. */
  readonly lookedAt: number;
  /** Since when GitHub refuses to answer, epoch milliseconds. */
  readonly refusedSince?: number;
}

export const groupNote = (installationId: InstallationId) => `runner-group/${installationId}`;
/** By name too: a group that an operator has just named is looked up at once. */
const askedNote = (installationId: InstallationId, name = '') =>
  `runner-group-asked/${installationId}/${name.slice(0, 100)}`;

/** The name of the group that a tenant's machines join; undefined: the organization's default one, or none at all. */
export const groupNameOf = ({ deployment }: Pick<GroupDeps, 'deployment'>, tenant: Tenant) =>
  levelNow(tenant).level === 'organization' ? (tenant.runnerGroup ?? deployment.runnerGroup) : undefined;

type NoteDeps = Pick<GroupDeps, 'notes' | 'clock'>;

export const readGroupNote = (deps: NoteDeps, installationId: InstallationId): Promise<Note | undefined> =>
  noteOf(deps, 'read', installationId);

/**
 * An eventually consistent read. A poke must not use it: the tenant manager sends one right after it wrote the note.
 */
export const glanceAtGroupNote = (
  deps: NoteDeps,
  installationId: InstallationId,
): Promise<Note | undefined> => noteOf(deps, 'glance', installationId);

async function noteOf(deps: NoteDeps, how: 'read' | 'glance', installationId: InstallationId) {
  const name = groupNote(installationId);
  return (await deps.notes[how]([name], deps.clock.now())).get(name);
}

/** The note's content, if it is about the tenant's present group. */
export function knownGroup(deps: GroupDeps, tenant: Tenant, note: Note | undefined): KnownGroup {
  const name = groupNameOf(deps, tenant);
  const named = name === undefined ? {} : { name };
  const { value } = note ?? {};
  if (!value || (value['name'] ?? undefined) !== name) return { ...named, lookedAt: 0 };
  const { standing, refusedSince } = value as Seen;
  return {
    ...named,
    ...(standing ? { standing } : {}),
    ...(refusedSince === undefined ? {} : { refusedSince }),
    lookedAt: Number(value['lookedAt']),
  };
}

/** By note, until when this process does not ask again: it has asked, or found that another copy has. */
const askedHere = new WeakMap<Notes, Map<string, number>>();

/** Requests another look, unless it is too early for one. */
export async function keepGroupKnown(
  deps: GroupDeps & { readonly queues: Queues },
  look: { tenant: Tenant; group: KnownGroup; holdsJobs: boolean },
): Promise<void> {
  const { tenant, group, holdsJobs } = look;
  const { installationId, status } = tenant;
  const now = deps.clock.now();
  const isInDoubt = holdsJobs || group.refusedSince !== undefined;
  const fresh = isInDoubt ? groupHeldSeconds : groupBelievedSeconds;
  if (status !== 'active' || levelNow(tenant).level !== 'organization') return;
  if (now < group.lookedAt + fresh * 1000) return;
  const name = askedNote(installationId, group.name);
  const asked = askedHere.get(deps.notes) ?? new Map<string, number>();
  askedHere.set(deps.notes, asked);
  if (now < (asked.get(name) ?? 0)) return;
  const expiresAt = now + groupAskedSeconds * 1000;
  const isFirst = await deps.notes.writeIf(name, { value: {}, expiresAt, version: 0, now });
  for (const [other, until] of asked) if (until <= now) asked.delete(other);
  asked.set(name, expiresAt);
  if (!isFirst) return;
  await deps.queues.sendToInstallations({ kind: 'look-at-group', installationId });
}

/**
 * Asks GitHub, and stores the answer. A refusal may pass, so the former answer stays valid until GitHub refuses a second
 * time, some time later; a rate limit says nothing at all.
 * @throws OperationalError
 */
export async function lookAtGroup(
  deps: GroupDeps & { readonly github: GitHub; readonly telemetry: Telemetry },
  tenant: Tenant,
  /** The account's current name; absent: the one in the tenant's row. */
  organization: string = tenant.accountLogin,
): Promise<{ readonly known: KnownGroup; readonly refusal?: GitHubRefusal }> {
  const { installationId } = tenant;
  const name = groupNameOf(deps, tenant);
  const answer = await deps.github.getRunnerGroup(installationId, organization, name);
  const note = await readGroupNote(deps, installationId);
  const before = knownGroup(deps, tenant, note);
  const now = deps.clock.now();
  const seen = answer.ok ? seenStanding(answer.value) : refusedStanding(answer.refusal, before, now);
  const about = { installationId, group: name ?? 'Default', standing: seen.standing?.kind ?? 'unknown' };
  deps.telemetry.event('info', 'runner-group-looked-at', about);
  const known: KnownGroup = { ...(name === undefined ? {} : { name }), lookedAt: now, ...seen };
  const isNews = answer.ok || answer.refusal.kind !== 'limited';
  if (isNews) {
    const expiresAt = now + groupKeptSeconds * 1000;
    await deps.notes.write(groupNote(installationId), { value: { ...known, name: name ?? null }, expiresAt });
  }
  return { known, ...(answer.ok ? {} : { refusal: answer.refusal }) };
}

type Seen = Pick<KnownGroup, 'standing' | 'refusedSince'>;

const seenStanding = (group: RunnerGroup | undefined): Seen => ({
  standing: group ? { kind: 'found', group } : { kind: 'missing' },
});

function refusedStanding(refusal: GitHubRefusal, before: KnownGroup, now: number): Seen {
  const { standing, refusedSince } = before;
  const kept = standing ? { standing } : {};
  if (refusal.kind === 'limited') return { ...kept, ...(refusedSince ? { refusedSince } : {}) };
  if (refusedSince === undefined) return { ...kept, refusedSince: now };
  // Looks that meet are one refusal; the next ones come as often as a held job requests them.
  if (now < refusedSince + (groupHeldSeconds * 1000) / 2) return { ...kept, refusedSince };
  const confirmed: GroupStanding =
    refusal.kind === 'forbidden' ? { kind: 'unreadable' } : { kind: 'unavailable', message: refusal.message };
  return { standing: confirmed, refusedSince };
}
