/**
 * GitHub's own routes, as the stand-in serves them. Each answers in the shape of GitHub's schema, which a test checks;
 * routes that GitHub does not have must not be added here.
 */
import { appRoutes } from './app-routes.ts';
import { deliveryRoutes } from './delivery-routes.ts';
import { jobRoutes } from './job-routes.ts';
import type { Limits } from './limits.ts';
import { type ManifestCodes, manifestRoutes } from './manifest-routes.ts';
import { releaseRoutes } from './release-routes.ts';
import type { Route } from './router.ts';
import { runnerGroupRoutes } from './runner-group-routes.ts';
import { runnerRoutes } from './runner-routes.ts';
import type { Webhooks } from './webhooks.ts';
import { workflowRoutes } from './workflow-routes.ts';

export function publicRoutes(parts: {
  limits: Limits;
  webhooks: Webhooks;
  manifestCodes: ManifestCodes;
}): Route[] {
  const { limits, webhooks, manifestCodes } = parts;
  return [
    ...appRoutes(limits),
    ...deliveryRoutes(webhooks),
    ...runnerRoutes(),
    ...runnerGroupRoutes(),
    ...jobRoutes(webhooks),
    ...workflowRoutes(webhooks),
    ...manifestRoutes(manifestCodes),
    ...releaseRoutes(),
  ];
}
