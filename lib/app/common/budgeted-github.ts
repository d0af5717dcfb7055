/**
 * GitHub, as long as the installation's budget allows it. Copies share through the notes what GitHub told any of them: a
 * limit that one met keeps all of them back until it is over, and a low budget stops the less urgent calls first. What
 * concerns one installation never delays another. It never waits: who may not call is told when to come back.
 */
import {
  type BudgetStanding,
  type CallBudget,
  type CallPurpose,
  isNoteworthy,
  latestBudget,
  secondsUntilCall,
} from '../../core/github-budget.ts';
import type { InstallationId } from '../../core/ids.ts';
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
/** The installations of which this copy remembers something; the one heard of longest ago goes first. */
const installationsKept = 1_000;
/** How often a longer closure is written over a shorter one that somebody writes at the same time. */
const closingTries = 3;

interface Known extends BudgetStanding {
  /** When the notes were read. */
  readonly readAt: number;
  /** What the notes say. */
  readonly told?: CallBudget;
}

export function budgetedGitHub(github: GitHub, deps: BudgetDeps): GitHub {
  const kept = new Map<InstallationId, Known>();
  const keep = (installationId: InstallationId, known: Known) => {
    kept.delete(installationId);
    kept.set(installationId, known);
    const oldest = kept.keys().next().value;
    if (kept.size > installationsKept && oldest !== undefined) kept.delete(oldest);
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
    keep(installationId, await learn(deps, { installationId, standing, answer }));
    return answer;
  }

  const register = <Value>(id: InstallationId, effect: () => Promise<Answer<Value>>) =>
    within({ installationId: id, purpose: 'register' }, effect);
  const remove = <Value>(id: InstallationId, effect: () => Promise<Answer<Value>>) =>
    within({ installationId: id, purpose: 'remove' }, effect);
  const ask = <Value>(id: InstallationId, effect: () => Promise<Answer<Value>>) =>
    within({ installationId: id, purpose: 'ask' }, effect);

  return {
    // As the App itself: none of an installation's budget is spent.
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
  const notes = await deps.notes.read([names.closed, names.budget], readAt);
  const told = budgetOf(notes.get(names.budget));
  const budget = latestBudget(before?.budget, told);
  const closedUntil = Math.max(before?.closedUntil ?? 0, notes.get(names.closed)?.expiresAt ?? 0);
  return { readAt, closedUntil, ...(told ? { told } : {}), ...(budget ? { budget } : {}) };
}

function budgetOf(note: Note | undefined): CallBudget | undefined {
  const { limit, remaining } = note?.value ?? {};
  const isBudget = note && typeof limit === 'number' && typeof remaining === 'number';
  return isBudget ? { limit, remaining, resetsAt: note.expiresAt } : undefined;
}

/** What this copy knows after an answer; the others are told of it where it matters to them. */
async function learn(
  deps: BudgetDeps,
  heard: { installationId: InstallationId; standing: Known; answer: Answer<unknown> },
): Promise<Known> {
  const { installationId, standing, answer } = heard;
  const now = deps.clock.now();
  if (!answer.ok && answer.refusal.kind === 'limited') {
    const closedUntil = now + answer.refusal.retryAfterSeconds * 1000;
    await telling(deps, installationId, () => close(deps, installationId, closedUntil));
    return { ...standing, closedUntil: Math.max(standing.closedUntil ?? 0, closedUntil) };
  }
  const budget = latestBudget(standing.budget, answer.budget);
  if (!answer.budget || !budget) return standing;
  if (now >= budget.resetsAt || !isNoteworthy(budget, standing.told)) return { ...standing, budget };
  const { limit, remaining, resetsAt } = budget;
  await telling(deps, installationId, () =>
    deps.notes.write(budgetNote(installationId), { value: { limit, remaining }, expiresAt: resetsAt }),
  );
  return { ...standing, budget, told: budget };
}

/** The note is there for as long as the installation is closed, and never for a shorter time than it was. */
async function close(deps: BudgetDeps, installationId: InstallationId, until: number): Promise<void> {
  const name = closedNote(installationId);
  for (let tries = 1; tries <= closingTries; tries++) {
    const now = deps.clock.now();
    const known = (await deps.notes.read([name], now)).get(name);
    if (known && known.expiresAt >= until) return;
    const note = { value: {}, expiresAt: until, version: known?.version ?? 0, now };
    if (await deps.notes.writeIf(name, note)) return;
  }
}

/** GitHub's answer is worth more than the note about it: a note that cannot be written does not lose the answer. */
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
