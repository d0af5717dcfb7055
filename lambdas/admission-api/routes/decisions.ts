/** The decisions about the installation's jobs, newest first, in pages. */
import { createRoute, z } from '@hono/zod-openapi';
import { decisionsForTenant } from '../../../lib/app/admission-api/tenant-eyes.ts';
import { decisionView } from '../../../lib/app/admission-api/views.ts';
import { controllerBounds } from '../../../lib/core/controllers/controller.ts';
import { decisionPlace } from '../../../lib/core/controllers/decision.ts';
import { dayMilliseconds } from '../../../lib/core/days.ts';
import { JobId } from '../../../lib/core/ids.ts';
import { type Api, type ApiDeps, base, ofInstallation, ok, ownerOf, problems } from '../api-context.ts';
import { decisionPage } from '../schemas.ts';

const list = createRoute({
  method: 'get',
  path: `${base}/decisions`,
  tags: ['decisions'],
  operationId: 'listDecisions',
  summary: 'List the decisions about jobs',
  request: {
    params: ofInstallation,
    query: z.strictObject({
      since: z.iso
        .datetime({ offset: true, error: 'a time such as 2026-11-21T12:00:00Z' })
        .optional()
        .openapi({ description: 'Default: all that are kept, 30 days.' }),
      limit: z
        .string()
        .regex(/^(?:[1-9]\d?|100)$/, 'a whole number from 1 to 100')
        .optional()
        .openapi({ description: '1 to 100. Default: 50.' }),
      after: z
        .string()
        .regex(decisionPlace, '`next` of the page before, unchanged; leave it out for the first page')
        .optional()
        .openapi({ description: '`next` of the page before' }),
      job: z
        .string()
        .regex(/^[1-9]\d{0,14}$/, "GitHub's id of a job, a whole number")
        .optional()
        .openapi({ description: 'Only of this job, without pages' }),
    }),
  },
  responses: { 200: ok('A page', decisionPage), ...problems() },
});

export function addDecisionRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(list, async (context) => {
    const owner = ownerOf(context.req.valid('param'));
    const { since, limit = '50', after, job } = context.req.valid('query');
    if (job !== undefined) {
      const decisions = await deps.controllers.decisionsOfJob(owner, JobId(Number(job)));
      return context.json({ decisions: decisionsForTenant(decisions).map(decisionView) }, 200);
    }
    const kept = new Date(deps.clock.now() - controllerBounds.decisionDays * dayMilliseconds).toISOString();
    const { decisions, next } = await deps.controllers.decisionsSince(owner, {
      since: since === undefined ? kept : new Date(since).toISOString(),
      limit: Number(limit),
      ...(after === undefined ? {} : { after }),
    });
    const page = decisionsForTenant(decisions).map(decisionView);
    return context.json({ decisions: page, ...(next === undefined ? {} : { next }) }, 200);
  });
}
