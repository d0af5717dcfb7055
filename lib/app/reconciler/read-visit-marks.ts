/**
 * The marks that an earlier visit left, as they are in its note. A mark in another form, which a hand or another release
 * wrote, counts as lost: otherwise each visit would fail on it, and write it again.
 */
import { eachOf, type Fits, fieldsOf, isFlag, isNumber, isText, listOf, orAbsent } from '../../core/fits.ts';
import type { NoteValue } from '../../ports/notes.ts';
import type { VisitMarks } from './tenant-visit.ts';

const position = { run: orAbsent(isNumber), failedRuns: orAbsent(listOf(isNumber)) };

/** Without a time, a difference would never be proven; with an empty one, at once. */
export const isDifference = fieldsOf({ seen: isText, at: isNumber });

const forms: { readonly [Mark in keyof Required<VisitMarks>]: Fits } = {
  lease: isText,
  difference: isDifference,
  spentAt: isNumber,
  job: isText,
  runnersPage: isText,
  strangers: listOf(isText),
  busyUnheard: listOf(isText),
  repositoriesPage: isText,
  repository: isText,
  runs: eachOf(isText),
  runsPages: eachOf(fieldsOf({ cursor: isText, isNow: isFlag })),
  jobsPages: eachOf(isText),
  targetsAt: isNumber,
  groupTarget: isText,
  repositoryTarget: isNumber,
  lostTargets: eachOf(isNumber),
  away: isFlag,
  returnedAt: isNumber,
  backlog: fieldsOf({ ...position, page: orAbsent(isText), repository: orAbsent(isText) }),
  failedRepositories: listOf(fieldsOf({ ...position, repositoryId: isNumber })),
};

export interface ReadMarks {
  readonly marks: VisitMarks;
  /** The names of those that do not fit. */
  readonly lost: readonly string[];
}

export function readVisitMarks(value: NoteValue | undefined): ReadMarks {
  const lost = Object.entries(forms).flatMap(([name, fits]) => (orAbsent(fits)(value?.[name]) ? [] : [name]));
  const kept = Object.entries(value ?? {}).filter(([name]) => !lost.includes(name));
  const marks: VisitMarks = Object.fromEntries(kept);
  // There are unreported jobs somewhere: all repositories are gone through again.
  if (lost.includes('backlog') || lost.includes('failedRepositories')) marks.backlog = {};
  return { marks, lost };
}
