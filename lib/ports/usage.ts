import type { RanJob, UsageKey, UsageRecord } from '../core/usage.ts';

/** Usage records: what each machine was used for. Every method may throw OperationalError. */
export interface UsageStore {
  /**
   * Records machines that have ended. The first record of an end stays, whoever reports it again; a job is added as by
   * `addJob`. Returns the records as stored, in the order given; their jobs may be older.
   */
  record(records: readonly UsageRecord[]): Promise<readonly UsageRecord[]>;
  /** The machine ran this job: replaces none, or one whose end was not known. Does nothing without a record. */
  addJob(key: UsageKey, job: RanJob): Promise<void>;
}
