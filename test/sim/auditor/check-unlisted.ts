/** At the end of any story: whatever was lost on the way, no machine is counted that ran nothing at all. */
export function checkInvented({ rows, machines }: Books, note: Note): void {
  for (const { instanceId, unknownRunAt } of rows.runners.values()) {
    if (unknownRunAt === undefined || machines.get(instanceId)?.ranJobs.size !== 0) continue;
    note('unlisted-run-invented', `${instanceId} is counted, and ran nothing at all`);
  }
}

/**
 * At the end of a calm story: each machine that GitHub gave a job of a repository outside the installation, and that ended by
 * itself, is counted against its tenant, and none that ran no such job is. Where webhooks are lost nobody can tell the two apart.
 */
import type { Books, Note } from './books.ts';

export function checkUnlisted(books: Books, note: Note): void {
  for (const { instanceId, installationId, unknownRunAt } of books.rows.runners.values()) {
    const ran = books.ranUnlisted.has(instanceId);
    const endedByItself = !books.endedByPlatform.has(instanceId);
    // Of whom GitHub refuses to tell anything, nobody finds out.
    if (ran && endedByItself && unknownRunAt === undefined && !books.refused.has(installationId))
      note('unlisted-run-unseen', `${instanceId} ran a job of a repository outside, and nobody counted it`);
    if (!ran && unknownRunAt !== undefined)
      note('unlisted-run-invented', `${instanceId} is counted for a job that it never ran`);
  }
}
