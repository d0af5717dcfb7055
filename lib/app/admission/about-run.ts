/**
 * Asks GitHub once for the facts about a run that only GitHub has. A note keeps the answer for the run's other jobs;
 * it also keeps a refusal, for as long as asking again is useless. Concurrent callers wait for one answer. A malformed note
 * counts as lost.
 */
import { dayMilliseconds } from '../../core/days.ts';
import { fieldsOf, isFlag, isNumber, isText, orAbsent } from '../../core/fits.ts';
import type { GitHubRefusal, RunAbout } from '../../core/github.ts';
import type { Job } from '../../core/job.ts';
import type { Clock } from '../../ports/clock.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { GitHub } from '../../ports/github.ts';
import type { JobStore } from '../../ports/jobs.ts';
import type { Note, Notes } from '../../ports/notes.ts';
import { inRepository } from '../common/in-repository.ts';

export interface AboutDeps {
  readonly loadGitHub: () => Promise<GitHub>;
  readonly jobs: JobStore;
  readonly notes: Notes;
  readonly clock: Clock;
}

export type AboutAnswer =
  | { readonly kind: 'known'; readonly about: RunAbout }
  /** Presumably temporary. */
  | { readonly kind: 'refused'; readonly why: string; readonly retryAfterSeconds: number };

/** A run's jobs arrive within minutes of each other; jobs of a day later ask again. */
const keptMilliseconds = dayMilliseconds;
/** Longer than a call to GitHub may take. */
const askingMilliseconds = 15_000;
const lookMilliseconds = 250;
/** After these the job is asked about again later: its controllers' time is better spent. */
const mostLooks = 12;
/** From one refusal to the next call, at least. */
const refusedSeconds = 20;
/** The longest life of a note about a limit for which GitHub wants callers to wait. */
const longestRefusedSeconds = 3_600;

interface RunNote {
  readonly about?: RunAbout;
  readonly why?: string;
}

const texts = { ref: isText, event: isText, actor: isText, path: isText };
const isAbout = fieldsOf({ ...texts, attempt: isNumber, fork: isFlag });
const isRunNote = fieldsOf({ about: orAbsent(isAbout), why: orAbsent(isText) });
const runNoteIn = (note: Note | undefined): RunNote => (note && isRunNote(note.value) ? note.value : {});

/** @throws OperationalError if the notes do not answer */
export async function aboutRun(deps: AboutDeps, job: Job): Promise<AboutAnswer> {
  const name = noteName(job);
  for (let looks = 0; looks < mostLooks; looks += 1) {
    if (looks > 0) await deps.clock.sleep(lookMilliseconds);
    const now = deps.clock.now();
    const note = (await deps.notes.read([name], now)).get(name);
    const { about, why } = runNoteIn(note);
    if (about) return { kind: 'known', about };
    if (why !== undefined && note) return refused(why, Math.ceil((note.expiresAt - now) / 1000));
    // However far two copies' clocks differ, a note that lives longer is not the mark of a copy that asks.
    const isAsked = note && note.expiresAt <= now + 2 * askingMilliseconds;
    const mark = { value: {}, expiresAt: now + askingMilliseconds, version: note?.version ?? 0, now };
    if (!isAsked && (await deps.notes.writeIf(name, mark))) return askGitHub(deps, job, name);
  }
  return refused('GitHub is still being asked about the run', refusedSeconds);
}

/** Without the attempt, the answer for another attempt might be used for this one: such a job asks for itself. */
const noteName = ({ installationId, runId, runAttempt, jobId }: Job) =>
  `runs/${installationId}/${runId}/${runAttempt ?? `job-${jobId}`}`;

async function askGitHub(deps: AboutDeps, job: Job, name: string): Promise<AboutAnswer> {
  const answer = await call(deps, job);
  if (answer.kind === 'refused') return keepRefusal(deps, name, answer);
  const expiresAt = deps.clock.now() + keptMilliseconds;
  await deps.notes.write(name, { value: { about: answer.about }, expiresAt });
  return answer;
}

/** Another function may have asked since, if this one was slow: its answer stays, and counts. */
async function keepRefusal(
  { notes, clock }: AboutDeps,
  name: string,
  refusal: Extract<AboutAnswer, { kind: 'refused' }>,
): Promise<AboutAnswer> {
  const now = clock.now();
  const note = (await notes.read([name], now)).get(name);
  const { about } = runNoteIn(note);
  if (about) return { kind: 'known', about };
  const expiresAt = now + refusal.retryAfterSeconds * 1000;
  await notes.writeIf(name, { value: { why: refusal.why }, expiresAt, version: note?.version ?? 0, now });
  return refusal;
}

async function call({ loadGitHub, jobs }: AboutDeps, job: Job): Promise<AboutAnswer> {
  const { installationId, runId } = job;
  try {
    const github = await loadGitHub();
    const answer = await inRepository({ github, jobs }, job, (name) =>
      github.getRun(installationId, name, runId),
    );
    if (!answer.ok) return refused(...sayingOf(answer.refusal));
    const { about } = answer.value;
    if (!about) return refused('GitHub did not say what started the run', refusedSeconds);
    // Its lists and reads may lag behind its webhooks.
    const { runAttempt = about.attempt } = job;
    if (about.attempt < runAttempt)
      return refused(`GitHub shows attempt ${about.attempt} of the run`, refusedSeconds);
    // A later attempt has the same facts as this one, except for its number.
    return { kind: 'known', about: { ...about, attempt: runAttempt } };
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    return refused(`GitHub did not answer (${error.code})`, refusedSeconds);
  }
}

function sayingOf(refusal: GitHubRefusal): [string, number] {
  if (refusal.kind !== 'limited')
    return [`GitHub refused the run: ${refusal.kind}, ${refusal.message}`, refusedSeconds];
  const { retryAfterSeconds } = refusal;
  const seconds = Math.min(longestRefusedSeconds, Math.max(refusedSeconds, retryAfterSeconds));
  return [`GitHub’s rate limit is used up for another ${retryAfterSeconds} s`, seconds];
}

const refused = (why: string, retryAfterSeconds: number): AboutAnswer => ({
  kind: 'refused',
  why,
  retryAfterSeconds,
});
