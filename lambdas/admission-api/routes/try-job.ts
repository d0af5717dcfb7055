/** Tests the controllers with a job that need not exist: what would each of them decide? */
import { createRoute, type z } from '@hono/zod-openapi';
import { triedForTenant } from '../../../lib/app/admission-api/tenant-eyes.ts';
import { type SyntheticJob, tryJob } from '../../../lib/app/admission-api/try-job.ts';
import { triedView } from '../../../lib/app/admission-api/views.ts';
import {
  type Api,
  type ApiDeps,
  base,
  demand,
  jsonBody,
  ofInstallation,
  ok,
  ownerOf,
  problems,
} from '../api-context.ts';
import { syntheticJob, tried } from '../schemas.ts';

const route = createRoute({
  method: 'post',
  path: `${base}/test`,
  tags: ['controllers'],
  operationId: 'testJob',
  summary: 'Test what the controllers would decide about a job',
  description:
    "Asks no controller and writes nothing. Disabled controllers are evaluated too, but do not count. Without the repository's id, GitHub is asked for it if a scope or an exemption names a repository.",
  request: { params: ofInstallation, body: jsonBody(syntheticJob) },
  responses: {
    200: ok('How each controller whose scopes cover the job would decide', tried),
    ...problems(422),
  },
});

export function addTestRoute(api: Api, deps: ApiDeps): void {
  api.openapi(route, async (context) => {
    const job = jobOf(context.req.valid('json'));
    const answer = demand(await tryJob(deps, ownerOf(context.req.valid('param')), job));
    return context.json(triedView(triedForTenant(answer)), 200);
  });
}

/** JSON has no `undefined`: missing values are left out. */
const jobOf = (given: z.infer<typeof syntheticJob>) => given as unknown as SyntheticJob;
