/** Questions that a controller fetches, where a queue or a note does not answer; and how what was stored is shown. */
import { describe, expect, it } from '@jest/globals';
import { answerQuestion, fetchQuestions } from '../../lib/app/admission-api/answer-questions.ts';
import { controllerView, secretView, tokenView } from '../../lib/app/admission-api/views.ts';
import { JobId } from '../../lib/core/ids.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { givenController, givenScope, putControllers } from '../support/controllers.ts';
import { acme, givenEvent, noon } from '../support/given.ts';
import { givenPlatform } from '../support/platform.ts';

const broken = new OperationalError('no', { code: 'Broken', retryable: true });
const polling = { owner: acme, controllerId: 'ctl_1' };

/** A question about job 1 waits for the controller, and a place for whoever waits for it. */
async function given(giveBack: () => Promise<void> = async () => {}) {
  const platform = await givenPlatform();
  const scopes = [givenScope({ kind: 'installation' })];
  await putControllers(platform.controllers, givenController({ state: 'enabled', scopes }));
  const places: number[] = [];
  const longPolls = {
    take: async (_owner: typeof acme, milliseconds: number) => {
      places.push(milliseconds);
      await platform.accept(givenEvent({ repositoryId: 7 }));
      await platform.deliverAdmission();
      return { giveBack };
    },
  };
  return { ...platform, longPolls, places };
}

describe('a request that waits for questions', () => {
  it('occupies a place for as long as it may wait', async () => {
    const deps = await given();
    expect(await fetchQuestions(deps, polling, 20)).toMatchObject({ questions: [{ jobId: 1 }] });
    expect(deps.places).toEqual([20_000]);
  });

  it('occupies none if a question waits already, or if it would not wait itself', async () => {
    const deps = await given();
    expect(await fetchQuestions(deps, polling, 0)).toEqual({ questions: [] });
    await deps.accept(givenEvent({ repositoryId: 7 }));
    await deps.deliverAdmission();
    expect(await fetchQuestions(deps, polling, 20)).toMatchObject({ questions: [{ jobId: 1 }] });
    expect(deps.places).toEqual([]);
  });

  it('returns what it found even if its place cannot be given back, which is logged', async () => {
    const deps = await given(() => Promise.reject(broken));
    expect(await fetchQuestions(deps, polling, 20)).toMatchObject({ questions: [{ jobId: 1 }] });
    expect(deps.telemetry.events.map(({ name }) => name)).toContain('long-poll-place-kept');
  });

  it('fails if there is a bug', async () => {
    const deps = await given(() => Promise.reject(new Error('bug')));
    await expect(fetchQuestions(deps, polling, 20)).rejects.toThrow('bug');
  });
});

it('accepts an answer even if the message about it cannot be sent, which is logged', async () => {
  const deps = await given();
  const [question] = (await fetchQuestions(deps, polling, 20)).questions;
  deps.queues.failNext(1, broken);
  const answer = { id: question!.id, vote: 'admit' as const };
  expect(await answerQuestion(deps, polling, answer)).toBeUndefined();
  const told = deps.telemetry.events.find(({ name }) => name === 'admission-answer-unannounced');
  expect(told?.fields).toEqual({ installationId: acme, jobId: JobId(1), code: 'Broken' });
});

describe('what is shown', () => {
  const at = new Date(noon).toISOString();

  it('of a controller has its match, if there is one', () => {
    const match = 'job.tier == "small"';
    const shown = (over: object) => controllerView({ controller: givenController(over), connected: false });
    expect(shown({ match })).toMatchObject({ match });
    expect(shown({})).not.toHaveProperty('match');
  });

  it('of a token and a secret has their expiry, and the token’s last use', () => {
    const kept = { id: 'x', description: 'd', createdAt: at };
    const token = { ...kept, endsAt: noon, lastUsedAt: at } as Parameters<typeof tokenView>[0];
    expect(tokenView(token)).toEqual({ ...kept, endsAt: at, lastUsedAt: at });
    expect(secretView({ id: 'x', createdAt: at, endsAt: noon })).toEqual({
      id: 'x',
      createdAt: at,
      endsAt: at,
    });
    expect(secretView({ id: 'x', createdAt: at })).toEqual({ id: 'x', createdAt: at });
  });
});
