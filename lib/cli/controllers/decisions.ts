/** `mayfly controllers decisions TENANT`: the decisions about the tenant's jobs, newest first. Read-only. */
import { decisionView } from '../../app/admission-api/views.ts';
import { controllerBounds } from '../../core/controllers/controller.ts';
import type { Decision } from '../../core/controllers/decision.ts';
import { JobId } from '../../core/ids.ts';
import { sinceOf } from '../audit.ts';
import { type Command, type CommandCall, jsonOption, UsageError } from '../command.ts';
import { type Admin, adminOf, ownerPositional, platformName, print } from './admin.ts';
import { decisionLines } from './controller-text.ts';

const ofPage = 100;
/** The command prints at most this many, and says if there are more. */
const mostShown = 1_000;

export const controllersDecisions: Command = {
  name: 'controllers decisions',
  summary: "show admission decisions about a tenant's jobs",
  details: `
Examples:
  mayfly controllers decisions acme                 the last 24 hours
  mayfly controllers decisions acme --since 7d      at most the ${controllerBounds.decisionDays} days that are kept
  mayfly controllers decisions acme --job 91000004
`,
  positionals: [ownerPositional],
  options: [
    { flags: '--since <time>', description: 'start of the period: 30m, 24h, 7d, or a time' },
    { flags: '--job <id>', description: 'only decisions about this job' },
    jsonOption,
  ],
  async run(call) {
    const admin = await adminOf(call);
    if (!admin.found) {
      throw new UsageError(
        `Decisions are stored for each tenant, with the votes of ${platformName}: mayfly controllers decisions acme. For all tenants, mayfly audit shows what ${platformName} rejected.`,
      );
    }
    const decisions = await decisionsOf(call, admin);
    const lines = decisions.flatMap(decisionLines);
    const more = decisions.length === mostShown ? [`There may be more than these ${mostShown}.`] : [];
    const none = decisions.length === 0 ? ['There are no decisions.'] : [];
    return print(call, decisions.map(decisionView), [...lines, ...more, ...none]);
  },
};

async function decisionsOf(call: CommandCall, { deps, owner }: Admin): Promise<readonly Decision[]> {
  const { job } = call.options;
  if (job !== undefined) {
    if (!/^\d{1,15}$/.test(String(job)))
      throw new UsageError(`--job is ${JSON.stringify(job)}; it must be an id.`);
    return deps.controllers.decisionsOfJob(owner, JobId(Number(job)));
  }
  return newestDecisions(deps.controllers, owner, sinceOf(call.options['since'], '24h', Date.now()));
}

/** At most a thousand. */
export async function newestDecisions(
  controllers: Pick<Admin['deps']['controllers'], 'decisionsSince'>,
  owner: Admin['owner'],
  since: string,
): Promise<readonly Decision[]> {
  const found: Decision[] = [];
  let after: string | undefined;
  do {
    const page = { since, limit: ofPage, ...(after === undefined ? {} : { after }) };
    const { decisions, next } = await controllers.decisionsSince(owner, page);
    found.push(...decisions);
    after = next;
  } while (after !== undefined && found.length < mostShown);
  return found.slice(0, mostShown);
}
