import type { RanJob, UsageKey, UsageRecord } from '../core/usage.ts';

/** The books: what each machine was used for. Every method may throw OperationalError. */
export interface UsageStore {
  /**
   * Writes down machines that have ended. What is written of an end stays as it was written first, whoever says it again;
   * a job is added as by `addJob`. Answers with the records as they stand, in the order given; their jobs may be older.
   */
  record(records: readonly UsageRecord[]): Promise<readonly UsageRecord[]>;
  /** The machine ran this job: in place of none, or of one whose end was not known. Without its record: nothing. */
  addJob(key: UsageKey, job: RanJob): Promise<void>;
}
