/** How many pages an operator's command reads from GitHub, and how much of others' texts it shows. */
import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { givenApp } from '../../../lib/adapters/github/app-client.ts';
import { type Fetch, replyOf } from '../../../lib/adapters/github/bounded-fetch.ts';
import { createOperatorGitHub } from '../../../lib/adapters/github/operator-github.ts';
import { createMemoryClock } from '../../fakes/clock.ts';
import { acme, noon } from '../../support/given.ts';

const { privateKey } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

/** @param answer to a request for so many items */
function givenOperator(answer: (count: number) => object) {
  const asked: string[] = [];
  const fetch: Fetch = async (url) => {
    const { pathname, searchParams } = new URL(url);
    const isToken = pathname.endsWith('/access_tokens');
    if (!isToken) asked.push(searchParams.get('page') ?? '');
    const token = { token: 'token', expires_at: '2099-01-01T00:00:00Z' };
    const headers = new Map([['content-type', 'application/json']]);
    return replyOf(
      { status: 200, url, headers },
      Buffer.from(JSON.stringify(isToken ? token : answer(Number(searchParams.get('per_page'))))),
    );
  };
  const app = givenApp({ appId: '1', privateKey });
  const clock = createMemoryClock(noon);
  return { asked, operator: createOperatorGitHub({ apiUrl: 'https://api.github.com', app, clock, fetch }) };
}

it('reads a thousand runners', async () => {
  const runner = { name: 'one', status: 'online', busy: false, labels: [] };
  const { operator, asked } = givenOperator((count) => ({
    runners: new Array(Math.min(100, count)).fill(runner),
  }));
  const found = await operator.runners(acme, { kind: 'organization', organization: 'acme' });
  expect(found.ok && found.value.length).toBe(1_000);
  expect(asked).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10']);
});

it('shows the first 160 characters of the answer to a delivery', async () => {
  const payload = JSON.stringify({ outcome: 'dropped', why: 'x'.repeat(1_000) });
  const delivery = {
    id: 1,
    event: 'ping',
    action: null,
    delivered_at: '2026-11-21T12:00:00Z',
    status_code: 200,
  };
  const { operator } = givenOperator(() => ({ ...delivery, response: { payload } }));
  const found = await operator.delivery(1);
  expect(found.ok && found.value.answer).toBe(`dropped: ${'x'.repeat(151)}`);
});
