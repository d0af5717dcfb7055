/**
 * In which order questions about the jobs of several tenants are handed out to one controller: first each tenant's first of the
 * last ten seconds, then each one's second to tenth, and so on. So a tenant with thousands of questions delays its own.
 */
import type { InstallationId } from '../ids.ts';
import { controllerBounds, platformOwner } from './controller.ts';

/** No question lives longer than this, so all earlier questions of a tenant are over. */
const windowMilliseconds = controllerBounds.timeoutMilliseconds.most;

/** How many of a tenant's questions of one window are in each lane and the lanes before it. */
const upTo = [1, 10, 100, Number.POSITIVE_INFINITY];

/** In the order in which they are read. A tenant's own controllers are asked only about its own jobs. */
export const lanesOf = (owner: InstallationId): readonly number[] =>
  owner === platformOwner ? upTo.map((_, lane) => lane) : [0];

/** @param nth of the tenant's questions to this controller in this window, counted from 1 */
export const laneOf = (nth: number): number => upTo.findIndex((most) => nth <= most);

/** Changes each ten seconds. */
export const turnWindow = (now: number): number => Math.floor(now / windowMilliseconds);
