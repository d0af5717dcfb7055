/** What a polling controller calls with its own token: to fetch the questions that wait for it, and to answer one. */
import { createRoute, z } from '@hono/zod-openapi';
import {
  answerQuestion,
  fetchQuestions,
  type Polling,
  pollBounds,
} from '../../../lib/app/admission-api/answer-questions.ts';
import type { Caller } from '../../../lib/app/admission-api/authenticate.ts';
import { questionView } from '../../../lib/app/admission-api/views.ts';
import { type Api, type ApiDeps, base, jsonBody, ofInstallation, ok, problems } from '../api-context.ts';
import { problemOf } from '../problems.ts';
import { givenAnswer, questionId, questionList } from '../schemas.ts';

const path = `${base}/questions`;
const tags = ['questions'];

const fetchThem = createRoute({
  method: 'get',
  path,
  tags,
  operationId: 'fetchQuestions',
  summary: 'Fetch the questions that a polling controller must answer',
  description:
    'For a controller’s token. Answers as soon as there is a question, and with none after `waitSeconds`. A question is in ' +
    'every answer until it is answered or its time is over. With Retry-After the call did not wait: come again then.',
  request: {
    params: ofInstallation,
    query: z.strictObject({
      waitSeconds: z
        .string()
        .regex(/^(?:\d|1\d|20)$/, `a whole number from 0 to ${pollBounds.waitSeconds}`)
        .optional()
        .openapi({ description: `0 to ${pollBounds.waitSeconds}. Default: ${pollBounds.waitSeconds}.` }),
    }),
  },
  responses: {
    200: ok(`At most ${pollBounds.questions}, whose time ends first, first`, questionList),
    ...problems(),
  },
});

const answer = createRoute({
  method: 'post',
  path: `${path}/{question}/answer`,
  tags,
  operationId: 'answerQuestion',
  summary: 'Answer a question',
  description: 'For a controller’s token. The first answer counts: a second one is a 409, a late one a 410.',
  request: { params: ofInstallation.extend({ question: questionId }), body: jsonBody(givenAnswer) },
  responses: { 204: { description: 'It counts' }, ...problems(409, 410) },
});

/** Whether controllers call this path; all other paths are for administrators. */
export const isForControllers = (requestPath: string) =>
  /^\/v1\/installations\/[^/]+\/questions(?:\/|$)/.test(requestPath);

export function addQuestionRoutes(api: Api, deps: ApiDeps): void {
  api.openapi(fetchThem, async (context) => {
    const { waitSeconds = pollBounds.waitSeconds } = context.req.valid('query');
    const polling = pollingOf(context.get('caller'));
    const { questions, retryAfterSeconds } = await fetchQuestions(deps, polling, Number(waitSeconds));
    if (retryAfterSeconds !== undefined) context.header('retry-after', String(retryAfterSeconds));
    return context.json({ questions: questions.map(questionView) }, 200);
  });
  api.openapi(answer, async (context) => {
    const { question: id } = context.req.valid('param');
    const { decision: vote, reason } = context.req.valid('json');
    const given = { id, vote, ...(reason === undefined ? {} : { reason }) };
    const refused = await answerQuestion(deps, pollingOf(context.get('caller')), given);
    if (refused) throw problemOf(refused.fault);
    return context.body(null, 204);
  });
}

function pollingOf({ token: { owner, controllerId } }: Caller): Polling {
  if (controllerId === undefined) throw new Error('Only a controller’s token gets here.');
  return { owner, controllerId };
}
