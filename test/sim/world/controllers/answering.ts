/**
 * Controllers behind URLs, and those that fetch their questions: they answer in time, late, twice, wrongly or never,
 * and some change their decision. Their real answers go into the auditor's records.
 */
import { readAnswer } from '../../../../lib/core/controllers/callback-answer.ts';
import type { Controller } from '../../../../lib/core/controllers/controller.ts';
import type { CallbackAnswer } from '../../../../lib/ports/callbacks.ts';
import type { Random } from '../../random.ts';
import type { WorldDeps } from '../context.ts';
import { createPollers } from './polling.ts';

export type Manner = 'steady' | 'slow' | 'silent' | 'wrong' | 'fickle' | 'mixed';

export interface Answering {
  /** From now on it answers in this manner. */
  begin(controller: Controller, manner: Manner): void;
}

export interface Reply {
  readonly milliseconds: number;
  readonly vote: 'admit' | 'reject';
  readonly fault?: 'wrong-id' | 'malformed' | 'status' | 'never';
}

export const urlOf = (id: string) => `https://${id}.example/`;

export function createAnswering(deps: WorldDeps, random: Random): Answering {
  const { scheduler, auditor, ports, log } = deps;
  const manners = new Map<string, Manner>();

  const replyOf = (id: string, jobId: number, timeout: number): Reply => {
    const manner = manners.get(id) ?? 'silent';
    return reply(random, manner === 'mixed' ? random.pick(allManners) : manner, { jobId, timeout });
  };

  async function call(
    controller: Controller,
    asked: { readonly id: string; readonly jobId: number; readonly timeout: number },
  ): Promise<CallbackAnswer> {
    const askedAt = scheduler.now();
    const { milliseconds, vote, fault } = replyOf(controller.id, asked.jobId, asked.timeout);
    const isLate = fault === 'never' || milliseconds >= asked.timeout;
    await scheduler.sleep(isLate ? asked.timeout : milliseconds);
    const isValid = !isLate && fault === undefined;
    const truth = { controllerId: controller.id, jobId: asked.jobId, askedAt };
    auditor.ledger.policies.answered({ ...truth, vote: isValid ? vote : 'failed' });
    log.add(() => `${controller.id} answers ${isValid ? vote : (fault ?? 'late')} about job ${asked.jobId}`);
    if (isLate) return { kind: 'failed', why: 'no answer in time', isTimeout: true };
    if (fault === 'status') return { kind: 'failed', why: 'it answered 500' };
    return readAnswer(textOf({ id: asked.id, vote, fault }), asked.id);
  }

  const pollers = createPollers(deps, random, replyOf);

  return {
    begin(controller, manner) {
      manners.set(controller.id, manner);
      if (controller.transport.kind === 'poll') pollers.begin(controller);
      if (controller.transport.kind !== 'https') return;
      ports.callbacks.controllers.set(controller.transport.url, ({ body, timeoutMilliseconds }) =>
        call(controller, { id: body.id, jobId: body.facts.job.id, timeout: timeoutMilliseconds }),
      );
    },
  };
}

const allManners = ['steady', 'slow', 'silent', 'wrong', 'fickle'] as const;

/** A steady controller always gives the same answer about a job. */
function reply(
  random: Random,
  manner: Manner,
  { jobId, timeout }: { jobId: number; timeout: number },
): Reply {
  const steady = {
    milliseconds: random.between(20, 900),
    vote: jobId % 3 === 0 ? 'reject' : 'admit',
  } as const;
  switch (manner) {
    case 'slow':
      return { ...steady, milliseconds: random.between(0, 2 * timeout) };
    case 'silent':
      return { ...steady, fault: 'never' };
    case 'wrong':
      return { ...steady, fault: random.pick(['wrong-id', 'malformed', 'status']) };
    case 'fickle':
      return { ...steady, vote: random.pick(['admit', 'reject']) };
    default:
      return steady;
  }
}

function textOf({ id, vote, fault }: { id: string; vote: string; fault: Reply['fault'] }): string {
  if (fault === 'malformed') return `{"id": "${id}", "decision": "${vote}ted"}`;
  return JSON.stringify({ id: fault === 'wrong-id' ? `${id}0` : id, decision: vote, reason: 'Because.' });
}
