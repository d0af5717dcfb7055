/** Which controllers are asked about a job, by their scopes: the platform's first, then the tenant's own. */
import type { Controller, ControllerPolicy } from './controller.ts';
import { isInForce } from './controller.ts';
import { covers, type ScopedJob } from './scope.ts';

export function controllersOver(policies: readonly ControllerPolicy[], job: ScopedJob): Controller[] {
  return policies
    .toSorted((one, other) => one.owner - other.owner)
    .flatMap(({ controllers }) => controllers)
    .filter((controller) => isInForce(controller) && isOver(controller, job));
}

const isOver = ({ scopes }: Controller, job: ScopedJob) => scopes.some(({ target }) => covers(target, job));

export const isExempt = ({ exemptRepositories }: Controller, { repositoryId }: ScopedJob) =>
  repositoryId !== undefined && exemptRepositories.includes(repositoryId);
