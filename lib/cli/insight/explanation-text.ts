/** An explanation for people: the verdict first, then what to do, the history, and the evidence. */
import type { Estimate, Explanation, Verdict } from '../../app/insight/explanation.ts';
import type { Facts } from '../../app/insight/facts.ts';
import { durationText } from '../../core/duration-text.ts';
import { printableLine } from '../printable.ts';

export function explanationText(facts: Facts, explanation: Explanation): string {
  const { job, asked } = facts;
  const repository = job?.repository ?? asked.repository;
  const { timeline, checked } = explanation;
  const lines = [
    `  job ${asked.jobId}${repository ? ` of ${repository}` : ''}${job?.tier ? `, tier ${job.tier}` : ''}`,
    '',
    ...verdictLines(explanation),
    ...(timeline.length > 0 ? ['', '  timeline'] : []),
    ...timeline.map(({ at, text }) => `    ${isoSeconds(at)}  ${text}`),
    '',
    '  checked',
    ...checked.map((line) => `    ${line}`),
  ];
  return `${lines.map(printableLine).join('\n')}\n`;
}

export function verdictLines(verdict: Verdict): string[] {
  const { code, line, next, estimate, fix, who } = verdict;
  return [
    `  ${code}: ${line}`,
    `    next  ${next}${estimate ? ` ${estimateText(estimate)}` : ''}`,
    ...(fix ? [`    ${who === 'nobody' ? 'hint' : 'fix '}  ${fix}`] : []),
  ];
}

/** "In about 3 min: because …". */
const estimateText = ({ seconds, basis }: Estimate) => `In about ${durationText(seconds)}: ${basis}.`;

const isoSeconds = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;
