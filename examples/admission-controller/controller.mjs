/** An admission controller that lets run what its lists allow. It needs Node 22, and no packages; see README.md beside it. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const { env } = process;
const listOf = (text = '') => text.split(/[\s,]+/).filter((each) => each !== '');
const allowedLabels = listOf(env.ALLOWED_LABELS);
const allowedActions = listOf(env.ALLOWED_ACTIONS);

/** Throws where it cannot decide: no answer is a failure, and the controller's failure policy holds. */
async function decide({ facts }) {
  const label = facts.job.labels.find((each) => !allowedLabels.includes(each));
  if (label !== undefined) return { decision: 'reject', reason: `The label ${label} is not allowed.` };
  const actions = allowedActions.length > 0 ? await actionsOf(facts) : [];
  const action = actions.find((each) => !allowedActions.some((start) => each.startsWith(start)));
  if (action !== undefined) return { decision: 'reject', reason: `The action ${action} is not allowed.` };
  return { decision: 'admit' };
}

/** What the workflow's file uses, at the branch of the run; a fork's branch is elsewhere. */
async function actionsOf({ repository, workflow, run }) {
  if (!workflow.path || !run.ref || run.fork) throw new Error(`Run ${run.id}: its file cannot be read here.`);
  const path = `${repository.name}/contents/${workflow.path}?ref=${encodeURIComponent(run.ref)}`;
  const headers = { accept: 'application/vnd.github.raw+json', authorization: `Bearer ${env.GITHUB_TOKEN}` };
  const response = await fetch(`${env.GITHUB_API ?? 'https://api.github.com'}/repos/${path}`, { headers });
  if (!response.ok) throw new Error(`GitHub answered ${response.status} for ${workflow.path}.`);
  return [...(await response.text()).matchAll(/\buses\W*:\s*["']?([^\s"'#,}]+)/g)].map(([, name]) => name);
}

/** Standard Webhooks: one of our secrets signed one of the signatures, within five minutes. */
function isSigned({ 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': given = '' }, body) {
  if (!(Math.abs(Date.now() / 1000 - Number(time)) <= 300)) return false;
  const signatures = given.split(' ').map((each) => Buffer.from(each.replace(/^v1,/, ''), 'base64'));
  return listOf(env.SECRETS).some((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const own = createHmac('sha256', key).update(`${id}.${time}.${body}`).digest();
    return signatures.some((each) => each.length === own.length && timingSafeEqual(each, own));
  });
}

/** A callback over https; whatever ends TLS is in front of it. @returns status and body */
async function reply(request) {
  if (!(Number(request.headers['content-length']) <= 65_536)) return [413];
  const body = await text(request);
  if (!isSigned(request.headers, body)) return [401];
  const question = JSON.parse(body);
  return [200, JSON.stringify({ id: question.id, ...(await decide(question)) })];
}

const call = (path, more = {}) =>
  fetch(new URL(`/v1/installations/${env.INSTALLATION_ID}${path}`, env.ADMISSION_API), {
    headers: { authorization: `Bearer ${env.CONTROLLER_TOKEN}`, 'content-type': 'application/json' },
    signal: AbortSignal.timeout(30_000),
    ...more,
  });

/** Fetches questions and answers them. @returns for how many seconds to wait before the next round */
async function poll() {
  const response = await call('/questions?waitSeconds=20');
  if (!response.ok) throw new Error(`The admission API answered ${response.status}.`);
  const answers = (await response.json()).questions.map(async (question) => {
    const body = JSON.stringify(await decide(question));
    return call(`/questions/${question.id}/answer`, { method: 'POST', body });
  });
  for (const { reason } of await Promise.allSettled(answers)) if (reason) throw reason;
  return Number(response.headers.get('retry-after') ?? 0);
}

if (env.PORT !== undefined) {
  const server = createServer(async (request, response) => {
    const [status, body] = await reply(request).catch((error) => console.error(error.message) ?? [500]);
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  server.listen(env.PORT, '127.0.0.1', () => console.log(`listening on port ${server.address().port}`));
}
const untilNext = () => poll().catch((error) => console.error(error.message) ?? 5);
while (env.CONTROLLER_TOKEN !== undefined) await sleep(1000 * (await untilNext()));
