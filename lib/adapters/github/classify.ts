/**
 * The one table that says what a failed call to GitHub means. A decision by GitHub is a refusal, which an immediate retry
 * would not change; everything else is an OperationalError. Unknown failures are retryable.
 * Source: https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
 */
import type { GitHubRefusal } from '../../core/github.ts';
import { type CallResource, callResources } from '../../core/github-budget.ts';
import { OperationalError } from '../../ports/errors.ts';
import { wordsOf } from './words-of.ts';

/** The parts of Octokit's RequestError that are read; connection errors have a status of 500 and no response. */
interface RequestFailure {
  readonly status?: number;
  readonly message?: string;
  readonly response?: { readonly headers?: Readonly<Record<string, string | number | undefined>> };
}

/** GitHub's advice if a response names no time: wait for at least a minute. */
const unnamedWaitSeconds = 60;

interface Row {
  readonly statuses: readonly number[];
  readonly when?: (failure: RequestFailure) => boolean;
  readonly refusal: (failure: RequestFailure, nowMs: number) => GitHubRefusal;
}

const worded = (kind: 'forbidden' | 'not-found' | 'invalid') => (failure: RequestFailure) => ({
  kind,
  message: wordsOf(failure.message) ?? `GitHub answered ${failure.status} without a message`,
});

function limited(failure: RequestFailure, nowMs: number): GitHubRefusal {
  const headers = failure.response?.headers ?? {};
  // `retry-after` belongs to the secondary limit, which covers all calls, whatever is left of the hour.
  const isHourSpent = headers['retry-after'] === undefined && isSpent(failure.response);
  const resource = isHourSpent ? resourceOf(headers) : undefined;
  const refusal = { kind: 'limited' as const, retryAfterSeconds: retryAfterSeconds(failure, nowMs) };
  return resource ? { ...refusal, resource } : refusal;
}

/** Undefined: a resource that is not used here. A GitHub that names none has only one. */
export function resourceOf(
  headers: Readonly<Record<string, string | number | undefined>>,
): CallResource | undefined {
  const named = headers['x-ratelimit-resource'] ?? 'core';
  return callResources.find((resource) => resource === named);
}

const table: readonly Row[] = [
  { statuses: [429], refusal: limited },
  { statuses: [403], when: showsRateLimit, refusal: limited },
  { statuses: [401, 403], refusal: worded('forbidden') },
  { statuses: [404, 410], refusal: worded('not-found') },
  // A token was requested with more rights than the installation has. Only GitHub's message says so; there is no code.
  { statuses: [422], when: says(/permissions requested are not granted/i), refusal: worded('forbidden') },
  { statuses: [422], when: says(/repository that does not exist/i), refusal: worded('not-found') },
  { statuses: [422], refusal: worded('invalid') },
];

/** @throws OperationalError unless GitHub decided */
export function refusalOf(error: unknown, nowMs: number): GitHubRefusal {
  const failure = error as RequestFailure;
  const row = table.find(
    ({ statuses, when }) => statuses.includes(failure.status ?? 0) && (when === undefined || when(failure)),
  );
  if (row) return row.refusal(failure, nowMs);
  throw operationalError(error);
}

export function operationalError(error: unknown): OperationalError {
  if (error instanceof OperationalError) return error;
  const { status, message, response } = error as RequestFailure;
  const isAnswered = response !== undefined && status !== undefined;
  const words = wordsOf(message) ?? String(error);
  return new OperationalError(`GitHub could not be asked: ${isAnswered ? `${status}, ` : ''}${words}`, {
    code: isAnswered ? `github-${status}` : 'github-unreachable',
    retryable: !isAnswered || status >= 500 || status === 408 || status === 409,
    cause: error,
  });
}

export const statusOf = (error: unknown): number | undefined => (error as RequestFailure).status;

function says(words: RegExp) {
  return ({ message }: RequestFailure) => words.test(message ?? '');
}

function isSpent(response: RequestFailure['response']): boolean {
  return String(response?.headers?.['x-ratelimit-remaining']) === '0';
}

function showsRateLimit({ message, response }: RequestFailure): boolean {
  const headers = response?.headers ?? {};
  return headers['retry-after'] !== undefined || isSpent(response) || /rate limit/i.test(message ?? '');
}

function retryAfterSeconds({ response }: RequestFailure, nowMs: number): number {
  const headers = response?.headers ?? {};
  const named = Number(headers['retry-after'] ?? Number.NaN);
  if (Number.isFinite(named)) return Math.max(1, Math.ceil(named));
  const reset = Number(headers['x-ratelimit-reset'] ?? Number.NaN);
  // By GitHub's own clock, if it says what time it is: ours may differ.
  const saidAt = Date.parse(String(headers['date'] ?? ''));
  const now = Number.isNaN(saidAt) ? nowMs : saidAt;
  if (isSpent(response) && Number.isFinite(reset)) return Math.max(1, Math.ceil(reset - now / 1000));
  return unnamedWaitSeconds;
}

/** 409 at registration: the name is in use. */
export const isNameTaken = (error: unknown): boolean =>
  error instanceof OperationalError && error.code === 'github-409';
