/**
 * The auditor's own books of admission controllers: which policy each tenant had at each moment, as its administrators made
 * it and the platform took scopes from it, and what each controller really answered, as the controller itself knows. The platform's
 * decisions are not among them.
 */
import type { Controller } from '../../../../lib/core/controllers/controller.ts';
import type { WorldJob } from '../../world/context.ts';

/** asked: it is asked from outside. */
export type Ruling = 'admit' | 'reject' | 'failed' | 'asked';

export interface AuditedController extends Controller {
  /** What its expressions make of a job, by other means than they. */
  readonly rules: (job: WorldJob) => Ruling;
  readonly matches: (job: WorldJob) => boolean;
  /** Which of its expressions names what only GitHub knows of a run; the match, if both do. */
  readonly needsGitHub: 'match' | 'rules' | undefined;
}

export interface AuditedPolicy {
  readonly epoch: number;
  /** Epoch milliseconds. */
  readonly from: number;
  until: number;
  readonly controllers: readonly AuditedController[];
}

/** What a controller answered to a question, or that it gave no valid answer in time. */
export interface TrueAnswer {
  readonly controllerId: string;
  readonly jobId: number;
  readonly askedAt: number;
  readonly vote: 'admit' | 'reject' | 'failed';
}

/**
 * After so many calls in a row about one tenant's jobs that ran out of their time, a controller may be left alone for so long, for
 * that tenant; then it is tried again.
 */
const silent = { calls: 3, milliseconds: 30_000 } as const;

interface Called {
  readonly controllerId: string;
  /** Whose job it is called about. */
  readonly tenant: number;
}

const nameOf = ({ controllerId, tenant }: Called) => `${controllerId} ${tenant}`;

export type PolicyHistory = ReturnType<typeof createPolicyHistory>;

export function createPolicyHistory(now: () => number) {
  const policies = new Map<number, AuditedPolicy[]>();
  const answers = new Map<string, TrueAnswer[]>();
  const keyOf = ({ controllerId, jobId }: Pick<TrueAnswer, 'controllerId' | 'jobId'>) =>
    `${controllerId}/${jobId}`;
  const timeouts = new Map<string, number>();
  const timeoutsInARow = new Map<string, number>();
  const lastTried = new Map<string, number>();
  const nothing: AuditedPolicy = { epoch: 0, from: 0, until: Number.POSITIVE_INFINITY, controllers: [] };

  return {
    changed(tenant: number, epoch: number, controllers: readonly AuditedController[]): void {
      const known = policies.get(tenant) ?? [{ ...nothing }];
      known.at(-1)!.until = now();
      const current = { epoch, from: now(), until: Number.POSITIVE_INFINITY, controllers };
      policies.set(tenant, [...known, current]);
    },
    answered(answer: TrueAnswer): void {
      answers.set(keyOf(answer), [...(answers.get(keyOf(answer)) ?? []), answer]);
    },
    /** Somebody calls it. */
    tried(called: Called): void {
      lastTried.set(nameOf(called), now());
    },
    /** What a call to it came to, as whoever called heard it. */
    heard(called: Called, isTimeout: boolean): void {
      const name = nameOf(called);
      if (isTimeout) timeouts.set(name, (timeouts.get(name) ?? 0) + 1);
      timeoutsInARow.set(name, isTimeout ? (timeoutsInARow.get(name) ?? 0) + 1 : 0);
      this.tried(called);
    },
    /** Whether it ever let so many calls about this tenant's jobs run out of time that it may be left alone. */
    wasSilent: (called: Called) => (timeouts.get(nameOf(called)) ?? 0) >= silent.calls,
    /** It was not called about this job: that counts as a failure where it has really been silent. */
    spared({ tenant, ...about }: Omit<TrueAnswer, 'vote'> & Called): void {
      const name = nameOf({ ...about, tenant });
      const isSilent = (timeoutsInARow.get(name) ?? 0) >= silent.calls;
      const isRecent = now() - (lastTried.get(name) ?? 0) <= silent.milliseconds;
      if (isSilent && isRecent) this.answered({ ...about, vote: 'failed' });
    },
    answersOf: (controllerId: string, jobId: number, since: number): readonly TrueAnswer[] =>
      (answers.get(keyOf({ controllerId, jobId })) ?? []).filter(({ askedAt }) => askedAt >= since),
    /** Those that were in force at some moment from then until now. */
    since: (tenant: number, from: number): readonly AuditedPolicy[] =>
      (policies.get(tenant) ?? [nothing]).filter(({ until }) => until >= from),
    /** The one in force now. */
    newest: (tenant: number): AuditedPolicy => policies.get(tenant)?.at(-1) ?? nothing,
    hasPolicies: (tenant: number) => policies.has(tenant),
  };
}
