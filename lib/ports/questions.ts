import type { Gate } from '../core/controllers/decision.ts';
import type { JobFacts } from '../core/controllers/facts.ts';
import type { InstallationId, JobId } from '../core/ids.ts';

/** A question to a controller that is called, or that fetches its questions. */
export interface Question {
  /** Of the controller. */
  readonly owner: InstallationId;
  readonly controllerId: string;
  /** poll: it is handed out. https: nobody fetches it. */
  readonly transport: 'https' | 'poll';
  /** Unique for the controller: `<epoch milliseconds>-<job>-<gate>`. */
  readonly id: string;
  /** Of the job. */
  readonly installationId: InstallationId;
  readonly jobId: JobId;
  readonly gate: Gate;
  readonly facts: JobFacts;
  /** Epoch milliseconds. */
  readonly askedAt: number;
  /** From then on (epoch milliseconds) an answer is late. */
  readonly endsAt: number;
}

export interface GivenAnswer {
  readonly vote: 'admit' | 'reject';
  readonly reason?: string;
}

export interface StoredQuestion extends Question {
  /** The first valid one. */
  readonly answer?: GivenAnswer;
}

export const questionId = (at: number, jobId: JobId, gate: Gate) => `${at}-${jobId}-${gate}`;

/** Questions to external controllers. Every method may throw OperationalError. */
export interface QuestionStore {
  /** Stores the question unless one with its id exists, and returns the stored one. */
  ask(question: Question): Promise<StoredQuestion>;
  /**
   * Questions to fetch that can still be answered, ordered by when their time ends; for the operator's controllers, tenants take
   * turns (core/controllers/question-turns.ts). Reads no more of them than it may return, however many were answered. For a
   * moment a new one may be missing, and fewer may be returned than there are.
   */
  pendingOf(
    owner: InstallationId,
    controllerId: string,
    page: { readonly now: number; readonly limit: number },
  ): Promise<readonly Question[]>;
  /** The first valid answer counts. unknown: there is no such question. late: its time is over. */
  answer(
    about: { readonly owner: InstallationId; readonly controllerId: string; readonly id: string },
    answer: GivenAnswer,
    now: number,
  ): Promise<
    | { readonly kind: 'taken'; readonly question: Question }
    | { readonly kind: 'answered' | 'late' | 'unknown' }
  >;
}
