/**
 * The API's bodies, as zod schemas: they check requests and make the OpenAPI document. Lengths are bounded here so
 * that no body is large; all other rules for settings are in lib/core/controllers.
 */
import { z } from '@hono/zod-openapi';
import { controllerBounds } from '../../lib/core/controllers/controller.ts';
import { longestOverlapSeconds } from '../../lib/core/controllers/token-rules.ts';

const bounds = controllerBounds;
const time = z.iso.datetime().openapi({ example: '2026-11-21T12:00:00.000Z' });
const githubId = z.int().min(1).max(Number.MAX_SAFE_INTEGER);
const idOf = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}_[a-z0-9]{16}$`), `${prefix}_ and 16 lower-case letters or digits`);
/** DynamoDB cannot store half of a surrogate pair, which JSON can escape. */
const text = () =>
  z.string().refine((given) => given.isWellFormed(), {
    error: 'It has half of a surrogate pair; send whole Unicode characters.',
  });
const tier = text().min(1).max(64);
/** Our own bound: GitHub does not document one for a group's name. */
const group = text().min(1).max(255);

export const controllerId = idOf('ctl').openapi({ example: 'ctl_abcdefgh23456723' });
export const scopeId = idOf('scp').openapi({ example: 'scp_abcdefgh23456723' });
export const tokenId = idOf('tok').openapi({ example: 'tok_abcdefgh23456723' });

export const transport = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('rules'),
      rules: z
        .array(
          z.strictObject({
            reject: text()
              .min(1)
              .max(bounds.expressionCharacters)
              .openapi({ description: 'A CEL expression: if it is true, the job is rejected.' }),
            reason: text().min(1).max(bounds.reasonCharacters),
          }),
        )
        .min(1)
        .max(bounds.rulesEach),
    }),
    z.strictObject({ kind: z.literal('https'), url: text().min(1).max(bounds.urlCharacters) }),
    z.strictObject({ kind: z.literal('poll') }),
  ])
  .openapi('Transport');

const settings = {
  description: text().max(bounds.descriptionCharacters),
  state: z.enum(['disabled', 'enabled', 'dry_run']),
  transport,
  onFailure: z
    .enum(['reject', 'admit'])
    .openapi({ description: 'What applies if it does not answer in time, or not validly.' }),
  timeoutMilliseconds: z.int().min(bounds.timeoutMilliseconds.least).max(bounds.timeoutMilliseconds.most),
  match: text().max(bounds.expressionCharacters).openapi({
    description: 'A CEL expression: jobs for which it is false are not asked about. Empty: all are.',
  }),
  exemptRepositories: z.array(githubId).max(bounds.exemptRepositories),
} as const;

export const newController = z
  .strictObject({ ...optional(settings), transport: settings.transport })
  .openapi('NewController');
export const controllerChanges = z.strictObject(optional(settings)).openapi('ControllerChanges');

export const target = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('installation') }),
    z.strictObject({ kind: z.literal('tier'), tier }),
    z.strictObject({ kind: z.literal('group'), group }),
    z.strictObject({ kind: z.literal('group-tier'), group, tier }),
    z.strictObject({ kind: z.literal('repository'), repositoryId: githubId }),
    z.strictObject({ kind: z.literal('repository-tier'), repositoryId: githubId, tier }),
  ])
  .openapi('ScopeTarget');

export const scope = z.object({ id: scopeId, target, createdAt: time }).openapi('Scope');

export const controller = z
  .object({
    id: controllerId,
    installationId: z.int().min(0),
    ...settings,
    match: settings.match.optional(),
    scopes: z.array(scope),
    connected: z.boolean().openapi({ description: 'One of its tokens was used within the hour.' }),
    version: z.int().min(1),
    createdAt: time,
    updatedAt: time,
  })
  .openapi('Controller');
export const controllerList = z.object({ controllers: z.array(controller) }).openapi('ControllerList');
export const scopeList = z.object({ scopes: z.array(scope) }).openapi('ScopeList');

export const token = z
  .object({
    id: tokenId,
    description: z.string(),
    createdAt: time,
    lastUsedAt: time.optional(),
    endsAt: time.optional().openapi({ description: 'It was rotated, and works until then.' }),
  })
  .openapi('Token');
export const tokenList = z.object({ tokens: z.array(token) }).openapi('TokenList');
export const newToken = z
  .strictObject({ description: text().max(bounds.descriptionCharacters).optional() })
  .openapi('NewToken');
export const madeToken = token
  .extend({ token: z.string().openapi({ description: 'The token itself. It is not shown again.' }) })
  .openapi('MadeToken');

const overlapSeconds = z.int().min(0).max(longestOverlapSeconds).optional().openapi({
  description: 'How long the previous one still works. Default: 0.',
});
export const rotation = z.strictObject({ overlapSeconds }).openapi('Rotation');

export const secret = z
  .object({ id: idOf('sec'), createdAt: time, endsAt: time.optional() })
  .openapi('SigningSecret');
export const secretList = z.object({ secrets: z.array(secret) }).openapi('SigningSecretList');
export const madeSecret = secret
  .extend({
    secret: z.string().openapi({ description: 'As Standard Webhooks writes it. It is not shown again.' }),
  })
  .openapi('MadeSigningSecret');

const vote = z
  .object({
    controllerId: z.string(),
    installationId: z.int().min(0),
    vote: z.enum(['admit', 'reject', 'failed', 'exempt']),
    reason: z.string().optional(),
    enforced: z.boolean().openapi({ description: 'false: it is in dry run, and its vote decides nothing.' }),
    milliseconds: z.number(),
  })
  .openapi('Vote');
export const decision = z
  .object({
    jobId: z.int(),
    gate: z.enum(['queue', 'start']),
    epoch: z.int(),
    outcome: z.enum(['admitted', 'rejected', 'failed-open', 'unavailable']),
    votes: z.array(vote),
    decidedAt: time,
  })
  .openapi('Decision');
export const decisionPage = z
  .object({
    decisions: z.array(decision),
    next: z.string().optional().openapi({ description: 'Give it as `after` for the next page.' }),
  })
  .openapi('DecisionPage');

/** Like a callback's body, plus the deadline for the answer. */
const question = z
  .object({
    id: z.string(),
    timestamp: time,
    endsAt: time.openapi({ description: 'Answers from then on are late.' }),
    gate: z.enum(['queue', 'start']),
    controller: controllerId,
    facts: z.record(z.string(), z.record(z.string(), z.unknown())).openapi({
      description: 'account, repository, workflow, run and job, with the fields that rules may name',
    }),
  })
  .openapi('Question');
export const questionList = z.object({ questions: z.array(question) }).openapi('QuestionList');
export const questionId = z
  .string()
  .regex(/^\d{1,15}-\d{1,16}-(?:queue|start)$/, 'the id of a question, as in 1795262400000-42-queue')
  .openapi({ example: '1795262400000-42-queue' });
export const givenAnswer = z
  .strictObject({
    decision: z.enum(['admit', 'reject']),
    reason: z
      .string()
      .max(8_192)
      .optional()
      .openapi({ description: `Cut to ${bounds.reasonCharacters} characters` }),
  })
  .openapi('Answer');

const name = text().min(1).max(255);
export const syntheticJob = z
  .strictObject({
    tier,
    labels: z.array(name).max(20).optional(),
    group: group
      .optional()
      .openapi({ description: "Default: the runner group of the installation's machines" }),
    repository: z.strictObject({
      name,
      id: githubId.optional(),
      visibility: z.enum(['public', 'private', 'internal']).optional(),
    }),
    workflow: z.strictObject({ name: name.optional(), path: name.optional() }).optional(),
    run: z
      .strictObject({
        attempt: z.int().min(1).optional(),
        ref: name.optional(),
        event: name.optional(),
        fork: z.boolean().optional(),
        actor: name.optional(),
      })
      .optional()
      .openapi({ description: 'Facts that only GitHub has about a real run' }),
  })
  .openapi('SyntheticJob');
export const tried = z
  .object({
    outcome: z.enum(['admitted', 'rejected', 'failed-open', 'unavailable', 'asked']).openapi({
      description: 'The combined decision of the enabled ones. asked: it depends on an answer from outside.',
    }),
    votes: z.array(
      z.object({
        controllerId: z.string(),
        installationId: z.int().min(0),
        state: settings.state,
        vote: z.enum(['admit', 'reject', 'failed', 'exempt', 'asked', 'unmatched']),
        reason: z.string().optional(),
      }),
    ),
  })
  .openapi('Tried');

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    field: z.string().optional(),
  })
  .openapi('Problem', { description: 'RFC 9457' });

/** The same fields, each of them optional. */
function optional<Shape extends Readonly<Record<string, z.ZodType>>>(shape: Shape) {
  return Object.fromEntries(Object.entries(shape).map(([name, type]) => [name, type.optional()])) as {
    readonly [Name in keyof Shape]: z.ZodOptional<Shape[Name]>;
  };
}
