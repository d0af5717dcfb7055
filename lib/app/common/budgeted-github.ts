/**
 * GitHub calls within the installation's budget. Copies share GitHub's answers through the notes: a limit that one copy
 * hits stops all of them until it is over, and a low budget stops the less urgent calls first. Each of GitHub's resources
 * has its own budget, so registrations neither use up nor wait for other calls. One installation never delays another. It
 * never waits: a caller that may not call learns when to come back.
 */

import { isNumber } from '../../core/fits.ts';
import {
  type BudgetStanding,
  type Budgets,
  type CallPurpose,
  type Closings,
  callResources,
  closingsBy,
  isNoteworthy,
  latestBudgets,
  latestClosings,
  secondsUntilCall,
} from '../../core/github-budget.ts';
import type { InstallationId } from '../../core/ids.ts';
import { keepNewest } from '../../core/keep-newest.ts';
import type { Clock } from '../../ports/clock.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Answer, GitHub } from '../../ports/github.ts';
import type { Note, Notes } from '../../ports/notes.ts';
import type { Telemetry } from '../../ports/telemetry.ts';

export interface BudgetDeps {
  readonly notes: Notes;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** One read of the notes serves the calls that follow it closely; a claim makes one or two. */
const freshMilliseconds = 1_000;
/** How many installations this copy remembers; the least recently used one goes first. */
const installationsKept = 1_000;
/** How often a longer closure replaces a shorter one that is written at the same time. */
const closingTries = 3;

interface Known extends BudgetStanding {
  /** When the notes were read. */
  readonly readAt: number;
  /** The budgets in the notes, as copies last shared them. */
  readonly shared: Budgets;
}

export function budgetedGitHub(github: GitHub, deps: BudgetDeps): GitHub {
  const kept = new Map<InstallationId, Known>();
  const keep = (installationId: InstallationId, known: Known) => {
    keepNewest(kept, { key: installationId, value: known, most: installationsKept });
    return known;
  };
  const standingOf = async (installationId: InstallationId): Promise<Known> => {
    const now = deps.clock.now();
    const known = kept.get(installationId);
    if (known && now < known.readAt + freshMilliseconds) return known;
    return keep(installationId, await readNotes(deps, installationId, known));
  };

  async function within<Value>(
    call: { installationId: InstallationId; purpose: CallPurpose },
    effect: () => Promise<Answer<Value>>,
  ): Promise<Answer<Value>> {
    const { installationId, purpose } = call;
    const standing = await standingOf(installationId);
    const retryAfterSeconds = secondsUntilCall(standing, purpose, deps.clock.now());
    if (retryAfterSeconds !== undefined) {
      deps.telemetry.count('GitHubCallsHeldBack', { kind: purpose });
      return { ok: false, refusal: { kind: 'limited', retryAfterSeconds } };
    }
    const answer = await effect();
    keep(installationId, await learn(deps, { installationId, standing, purpose, answer }));
    return answer;
  }

  const register = <Value>(id: InstallationId, effect: () => Promise<Answer<Value>>) =>
    within({ installationId: id, purpose: 'register' }, effect);
  const remove = <Value>(id: InstallationId, effect: () => Promise<Answer<Value>>) =>
    within({ installationId: id, purpose: 'remove' }, effect);
  const ask = <Value>(id: InstallationId, effect: () => Promise<Answer<Value>>) =>
    within({ installationId: id, purpose: 'ask' }, effect);

  return {
    async prepare(installationId) {
      await standingOf(installationId);
    },
    // As the App itself: it uses none of an installation's budget.
    getInstallation: (id) => github.getInstallation(id),
    listDeliveries: (outcome, cursor) => github.listDeliveries(outcome, cursor),
    redeliver: (deliveryId) => github.redeliver(deliveryId),
    createJitConfig: (request) => register(request.installationId, () => github.createJitConfig(request)),
    removeRunner: (id, scope, name) => remove(id, () => github.removeRunner(id, scope, name)),
    rerunJob: (id, repository, jobId) => remove(id, () => github.rerunJob(id, repository, jobId)),
    getJob: (id, repository, jobId) => ask(id, () => github.getJob(id, repository, jobId)),
    getRun: (id, repository, runId) => ask(id, () => github.getRun(id, repository, runId)),
    listRepositories: (id, cursor) => ask(id, () => github.listRepositories(id, cursor)),
    getRepository: (id, repositoryId) => ask(id, () => github.getRepository(id, repositoryId)),
    listRuns: (id, repository, status, cursor) =>
      ask(id, () => github.listRuns(id, repository, status, cursor)),
    listRunJobs: (id, repository, runId, cursor) =>
      ask(id, () => github.listRunJobs(id, repository, runId, cursor)),
    getRunnerGroup: (id, organization, name) => ask(id, () => github.getRunnerGroup(id, organization, name)),
    admitToGroup: (id, organization, change) => ask(id, () => github.admitToGroup(id, organization, change)),
    listRunners: (id, scope, cursor) => ask(id, () => github.listRunners(id, scope, cursor)),
  };
}

const closedNote = (installationId: InstallationId) => `github-closed/${installationId}`;
const budgetNote = (installationId: InstallationId) => `github-budget/${installationId}`;

async function readNotes(
  deps: BudgetDeps,
  installationId: InstallationId,
  before: Known | undefined,
): Promise<Known> {
  const readAt = deps.clock.now();
  const names = { closed: closedNote(installationId), budget: budgetNote(installationId) };
  // If this lagging read misses something, GitHub's own answer shows it.
  const notes = await deps.notes.glance([names.closed, names.budget], readAt);
  const shared = budgetsOf(notes.get(names.budget));
  const budgets = latestBudgets(before?.budgets ?? {}, shared);
  const closed = latestClosings(before?.closed ?? {}, closingsOf(notes.get(names.closed)));
  return { readAt, closed, shared, budgets };
}

/** By resource; anything else in the note is ignored. */
function budgetsOf(note: Note | undefined): Budgets {
  return Object.fromEntries(
    callResources.flatMap((resource) => {
      const { limit, remaining, resetsAt } = (note?.value[resource] ?? {}) as Record<string, unknown>;
      const isBudget = [limit, remaining, resetsAt].every(isNumber);
      return isBudget ? [[resource, { resource, limit, remaining, resetsAt }]] : [];
    }),
  );
}

/** By resource; anything else in the note is ignored: GitHub refuses a call that it limits, and the note is written anew. */
function closingsOf(note: Note | undefined): Closings {
  const named = [...callResources, 'all'].filter((name) => isNumber(note?.value[name]));
  return Object.fromEntries(named.map((name) => [name, note?.value[name]]));
}

/** What this copy knows after an answer. It shares a closing, and a budget that matters to other copies. */
async function learn(
  deps: BudgetDeps,
  heard: {
    installationId: InstallationId;
    standing: Known;
    purpose: CallPurpose;
    answer: Answer<unknown>;
  },
): Promise<Known> {
  const { installationId, standing, purpose, answer } = heard;
  const now = deps.clock.now();
  if (!answer.ok && answer.refusal.kind === 'limited') {
    const closed = closingsBy(answer.refusal, purpose, now + answer.refusal.retryAfterSeconds * 1000);
    await telling(deps, installationId, () => close(deps, installationId, closed));
    return { ...standing, closed: latestClosings(standing.closed, closed) };
  }
  if (!answer.budgets) return standing;
  const budgets = latestBudgets(standing.budgets, answer.budgets);
  const known = { ...standing, budgets };
  const isNoteworthyNow = Object.values(budgets).some(
    (budget) => now < budget.resetsAt && isNoteworthy(budget, standing.shared[budget.resource]),
  );
  if (!isNoteworthyNow) return known;
  const expiresAt = Math.max(...Object.values(budgets).map(({ resetsAt }) => resetsAt));
  await telling(deps, installationId, () =>
    deps.notes.write(budgetNote(installationId), { value: { ...budgets }, expiresAt }),
  );
  return { ...known, shared: budgets };
}

/** The note lives as long as anything is closed, and never shortens a closure. */
async function close(deps: BudgetDeps, installationId: InstallationId, closed: Closings): Promise<void> {
  const name = closedNote(installationId);
  for (let tries = 1; tries <= closingTries; tries++) {
    const now = deps.clock.now();
    const known = (await deps.notes.read([name], now)).get(name);
    const before = closingsOf(known);
    const value = latestClosings(before, closed);
    if (Object.entries(value).every(([resource, until]) => before[resource as keyof Closings] === until)) {
      return;
    }
    const note = { value, expiresAt: Math.max(...Object.values(value)), version: known?.version ?? 0, now };
    if (await deps.notes.writeIf(name, note)) return;
  }
}

/** GitHub's answer matters more than the note about it: a failed write of the note does not lose the answer. */
async function telling(
  deps: BudgetDeps,
  installationId: InstallationId,
  write: () => Promise<void>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    deps.telemetry.event(
      'warn',
      'note-failed',
      { installationId, note: 'github-budget', error: error.message },
      { NotesFailed: 1 },
    );
  }
}
