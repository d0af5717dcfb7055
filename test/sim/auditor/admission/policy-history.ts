/**
 * The auditor's own records of admission controllers: each tenant's policy at each moment, as its administrators set
 * it and the platform removed scopes from it, and each controller's real answers, reported by the controller itself.
 * The platform's decisions are not included.
 */
import type { Controller } from '../../../../lib/core/controllers/controller.ts';
import type { WorldJob } from '../../world/context.ts';

/** asked: the controller is external. */
export type Ruling = 'admit' | 'reject' | 'failed' | 'asked';

export interface AuditedController extends Controller {
  /** What its expressions decide about a job, computed without them. */
  readonly rules: (job: WorldJob) => Ruling;
  readonly matches: (job: WorldJob) => boolean;
  /** Which of its expressions needs facts that only GitHub has; the match, if both do. */
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
 * After this many timeouts in a row on one tenant's jobs, a controller may be skipped for this long, for that tenant;
 * then it is tried again.
 */
const silent = { calls: 3, milliseconds: 30_000 } as const;

interface Called {
  readonly controllerId: string;
  /** The tenant whose job it is called about. */
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
    /** A call to it begins. */
    tried(called: Called): void {
      lastTried.set(nameOf(called), now());
    },
    /** The result of a call, as the caller saw it. */
    heard(called: Called, isTimeout: boolean): void {
      const name = nameOf(called);
      if (isTimeout) timeouts.set(name, (timeouts.get(name) ?? 0) + 1);
      timeoutsInARow.set(name, isTimeout ? (timeoutsInARow.get(name) ?? 0) + 1 : 0);
      this.tried(called);
    },
    /** Whether it ever had enough timeouts in a row on this tenant's jobs to be skipped. */
    wasSilent: (called: Called) => (timeouts.get(nameOf(called)) ?? 0) >= silent.calls,
    /** It was skipped for this job, which counts as a failure only if it has really been silent. */
    skipped({ tenant, ...about }: Omit<TrueAnswer, 'vote'> & Called): void {
      const name = nameOf({ ...about, tenant });
      const isSilent = (timeoutsInARow.get(name) ?? 0) >= silent.calls;
      const isRecent = now() - (lastTried.get(name) ?? 0) <= silent.milliseconds;
      if (isSilent && isRecent) this.answered({ ...about, vote: 'failed' });
    },
    answersOf: (controllerId: string, jobId: number, since: number): readonly TrueAnswer[] =>
      (answers.get(keyOf({ controllerId, jobId })) ?? []).filter(({ askedAt }) => askedAt >= since),
    /** The policies that were in force at some moment from then until now. */
    since: (tenant: number, from: number): readonly AuditedPolicy[] =>
      (policies.get(tenant) ?? [nothing]).filter(({ until }) => until >= from),
    /** The policy in force now. */
    newest: (tenant: number): AuditedPolicy => policies.get(tenant)?.at(-1) ?? nothing,
    hasPolicies: (tenant: number) => policies.has(tenant),
  };
}
