/**
 * `mayfly explain`: why a job waits, runs, was refused or is missing, what happens next, and how to fix it.
 * Read-only; it asks GitHub only on request.
 */
import { explainJob } from '../../app/insight/explain-job.ts';
import { explainTenant, type TenantExplanation } from '../../app/insight/explain-tenant.ts';
import { type Explanation, needsSomebody } from '../../app/insight/explanation.ts';
import type { Facts, GitHubFacts } from '../../app/insight/facts.ts';
import { gatherFacts } from '../../app/insight/gather-facts.ts';
import { dependsOnDrain } from '../../app/insight/under-drain.ts';
import { OperationalError } from '../../ports/errors.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type Command, type CommandCall, jsonOption, UsageError } from '../command.ts';
import { deadLettersAbout } from '../dead-letters.ts';
import { outlines } from '../outlines.ts';
import { printableLine } from '../printable.ts';
import { findDrain } from '../scale-up-queues.ts';
import { stackOption } from '../setup/stack-option.ts';
import { findTenant } from '../tenants/find-tenant.ts';
import { askGitHub } from './ask-github.ts';
import { explanationText, verdictLines } from './explanation-text.ts';
import { findJob, readJobName } from './find-job.ts';
import { githubOf } from './github-of.ts';
import { judgingStores } from './stores.ts';

export const explain: Command = {
  ...outlines.explain,
  details: `
Examples:
  mayfly explain https://github.com/acme/app/actions/runs/1/job/2   a job, by the URL of its page
  mayfly explain 91000004 --github                                  by its id; asks GitHub about it too
  mayfly explain --tenant acme                                      all waiting jobs of a tenant, by verdict

Without --github it reads only the platform's own tables, and whether the environment is drained. With it, it also
explains jobs that the platform never heard of: a webhook failed, no tier has the labels, the App is not installed there.
`,
  exitOne: 'somebody must act; the line "fix" says how',
  options: [
    jsonOption,
    { flags: '--tenant <tenant>', description: 'explain all waiting jobs of this tenant' },
    { flags: '--github', description: 'ask GitHub about the job too' },
    stackOption,
  ],
  async run(call) {
    const [given] = call.positionals;
    const { tenant } = call.options;
    if (given === undefined && tenant === undefined) {
      throw new UsageError('Give a job, or --tenant and a tenant: mayfly explain 91000004');
    }
    if (given !== undefined && tenant !== undefined) {
      throw new UsageError('Give a job or --tenant, not both: a job has only one tenant.');
    }
    return typeof tenant === 'string' ? explainAll(call, tenant) : explainOne(call, given ?? '');
  },
};

async function explainOne(call: CommandCall, given: string): Promise<number> {
  const stores = judgingStores(call);
  const found = await findJob(call, stores, readJobName(given));
  const facts = await gatherFacts(stores, found);
  const repository = facts.job?.repository ?? found.repository;
  if (call.options['github'] && repository === undefined) {
    throw new UsageError(
      `The platform has no row of job ${found.jobId}, and GitHub can find a job only by its repository. Give the URL of its page.`,
    );
  }
  const whole: Facts = {
    ...facts,
    ...(facts.job ? {} : { deadLetters: await deadLettersAbout(call, found.jobId) }),
    ...(call.options['github'] && repository ? { github: await ask(call, facts, repository) } : {}),
  };
  const drain = dependsOnDrain(explainJob(whole)) ? await findDrain(call) : undefined;
  const explanation = explainJob({ ...whole, ...(drain && { drain }) });
  call.io.out(call.options['json'] ? json(whole, explanation) : explanationText(whole, explanation));
  return needsSomebody(explanation) ? 1 : 0;
}

/** If GitHub cannot be asked, the answer says so, and the explanation uses the rows alone. */
async function ask(call: CommandCall, facts: Facts, repository: string): Promise<GitHubFacts> {
  const github = await githubOf(call);
  try {
    return await askGitHub(github, facts, repository);
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    return { installation: { kind: 'unknown' }, job: { kind: 'refused', message: error.message } };
  }
}

function json(facts: Facts, explanation: Explanation): string {
  const { job, tenant, asked } = facts;
  const about = {
    jobId: asked.jobId,
    installationId: job?.installationId ?? tenant?.installationId ?? null,
    tenant: tenant?.accountLogin ?? null,
    repository: job?.repository ?? asked.repository ?? null,
    tier: job?.tier ?? null,
    state: job?.state ?? null,
  };
  const { code, line, next, estimate = null, fix = null, who, timeline, checked } = explanation;
  const times = timeline.map(({ at, text }) => ({ at: new Date(at).toISOString(), text }));
  return `${JSON.stringify({ ...about, code, line, next, estimate, fix, who, timeline: times, checked })}\n`;
}

async function explainAll(call: CommandCall, given: string): Promise<number> {
  const found = await findTenant({ client: dynamoClient(call), config: call.config }, given);
  const drain = await findDrain(call);
  const all = await explainTenant(judgingStores(call), found.installationId, drain);
  const drained = drain?.tiers ?? [];
  call.io.out(
    call.options['json'] ? `${JSON.stringify({ ...all, drained })}\n` : groupsText(found.login, all),
  );
  // The newest jobs are still in the queues, and have no row.
  if (drain) call.io.error(`${printableLine(drain.problem)}\n`);
  return drain || all.unreadable.length > 0 || all.groups.some(needsSomebody) ? 1 : 0;
}

function groupsText(login: string, { groups, isCut, unreadable }: TenantExplanation): string {
  if (groups.length === 0 && unreadable.length === 0) return `No job of ${printableLine(login)} waits.\n`;
  const paragraphs = groups.map((group) => {
    const { count, jobs, tier, oldestAcceptedAt } = group;
    const since = new Date(oldestAcceptedAt).toISOString().slice(0, 19);
    const more = count > jobs.length ? ', …' : '';
    const head = `  ${count} ${count === 1 ? 'job' : 'jobs'}${tier ? ` in ${tier}` : ''}, the oldest since ${since}Z: ${jobs.join(', ')}${more}`;
    return [head, ...verdictLines(group).map((line) => `  ${line}`)].map(printableLine).join('\n');
  });
  const cut = isCut ? '\n\n  More jobs wait; not all of them were checked.' : '';
  if (unreadable.length > 0)
    paragraphs.push(
      ['  not readable', ...unreadable.map((why) => `    ${why}`)].map(printableLine).join('\n'),
    );
  return `${paragraphs.join('\n\n')}${cut}\n`;
}
