/** What every route uses: the API's dependencies, the caller, and how its errors are documented. */
import { type Hook, type OpenAPIHono, z } from '@hono/zod-openapi';
import { type Actor, isFaulty } from '../../lib/app/admission-api/admin.ts';
import type { QuestionDeps } from '../../lib/app/admission-api/answer-questions.ts';
import type { Caller } from '../../lib/app/admission-api/authenticate.ts';
import type { ChangeDeps } from '../../lib/app/admission-api/change-controller.ts';
import type { Faulty } from '../../lib/app/admission-api/fault.ts';
import type { RateLimit } from '../../lib/app/admission-api/rate-limit.ts';
import type { TryDeps } from '../../lib/app/admission-api/try-job.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import { Problem, problemOf } from './problems.ts';
import { controllerId, problem } from './schemas.ts';
import { shapeFaults } from './shape-faults.ts';

export interface ApiDeps extends ChangeDeps, QuestionDeps {
  readonly deployment: TryDeps['deployment'];
  /** `<environment>.<region>`. */
  readonly cell: string;
  readonly rateLimit: RateLimit;
}

export interface ApiEnv {
  readonly Variables: { caller: Caller };
}

export type Api = OpenAPIHono<ApiEnv>;

export const base = '/v1/installations/{installation}';

/** The digits of GitHub's installation id, or 0 for the platform's operator. */
const installation = z
  .string()
  .regex(/^(?:0|[1-9]\d{0,14})$/, "GitHub's id of the installation, a whole number")
  .openapi({ description: "GitHub's id of the installation", example: '12345678' });

export const ofInstallation = z.object({ installation });
export const ofController = z.object({ installation, controller: controllerId });

export const ownerOf = ({ installation: id }: { installation: string }) => InstallationId(Number(id));

export const actorOf = ({ token }: Caller): Actor => ({ who: `token ${token.id}` });

/** Returns the answer. @throws Problem if it is a fault */
export function demand<Value extends object>(answer: Value | Faulty): Value {
  if (isFaulty(answer)) throw problemOf(answer.fault);
  return answer;
}

export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true,
  content: { 'application/json': { schema } },
});

export const ok = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { 'application/json': { schema } },
});

const meanings = {
  400: 'The request is malformed, or does not match this document',
  401: 'No valid token of this installation',
  403: 'The token does not allow this',
  404: 'Not found in this installation',
  409: 'It conflicts with what is there',
  410: 'The answer came too late',
  412: 'The version is not the one of If-Match',
  413: 'The body is too large',
  415: 'The body is not application/json',
  422: 'It cannot be stored as it is',
  428: 'If-Match is missing',
  429: 'Too many requests; Retry-After says how long to wait',
  503: 'A service did not answer; changes are all or nothing',
} as const;

/** The errors that every call may return, and these. */
export function problems<Status extends keyof typeof meanings>(...statuses: readonly Status[]) {
  const always = [400, 401, 403, 404, 413, 415, 429, 503] as const;
  const entry = (status: keyof typeof meanings) => [
    status,
    { description: meanings[status], content: { 'application/problem+json': { schema: problem } } },
  ];
  return Object.fromEntries([...always, ...statuses].map(entry)) as Record<
    Status | (typeof always)[number],
    { description: string; content: { 'application/problem+json': { schema: typeof problem } } }
  >;
}

/** What zod rejects gets a 400 that names every fault. */
// biome-ignore lint/suspicious/noExplicitAny: Hono's own type of a hook that serves every route
export const refuseShape: Hook<any, ApiEnv, any, any> = (result) => {
  if (result.success) return;
  const { text, ...field } = shapeFaults(result.error.issues, result);
  throw new Problem(400, 'invalid-shape', text, field);
};

/** `"3"` or `*`. @throws Problem if it is missing, or not a version from this API */
export function versionOf(ifMatch: string | undefined): { readonly version?: number } {
  if (ifMatch === undefined) {
    const text = 'Send If-Match with the ETag from reading the controller, or * for any version.';
    throw new Problem(428, 'no-if-match', text);
  }
  if (ifMatch.trim() === '*') return {};
  const [, version] = /^\s*"(\d{1,15})"\s*$/.exec(ifMatch) ?? [];
  if (version !== undefined) return { version: Number(version) };
  const text = `If-Match is ${ifMatch}; it must be the ETag from reading the controller, in its quotes: "3". Or * for any version.`;
  throw new Problem(412, 'version-differs', text);
}

export const ifMatch = z.object({
  'if-match': z
    .string()
    .max(64)
    .optional()
    .openapi({ description: 'The ETag from reading it; * for any version. Missing: 428.' }),
});
