/**
 * Each request that our GitHub adapter makes is sent to somebody else's imitation of GitHub, which holds it against GitHub's
 * published schema; the adapter must also understand the answers, which are that schema's examples. Bodies that the schema
 * does not allow must be refused there, or the rest would say nothing.
 */
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { createGitHub } from '../../../lib/adapters/github/github.ts';
import { systemClock } from '../../../lib/adapters/system/clock.ts';
import type { GitHub } from '../../../lib/ports/github.ts';
import { type Check, type Outcome, verdict } from '../support/check.ts';
import { type Asked, asked, type BadBody, badBodies } from '../support/simulator/requests.ts';
import { startServer } from '../support/start-server.ts';
import { npmTools, repository } from '../support/toolbox.ts';

export const githubSimulator: Check = {
  name: 'github-simulator',
  async run(tell): Promise<Outcome> {
    const packages = await npmTools(tell);
    const program = join(repository, 'test', 'conformance', 'support', 'simulator', 'start-simulator.ts');
    const simulator = await startServer({
      command: process.execPath,
      args: [program, packages],
      ready: /listening on (http:\S+)/,
      seconds: 300,
    });
    try {
      const github = givenGitHub(simulator.address);
      const findings: string[] = [];
      for (const one of asked) findings.push(...(await findingsOf(github, one)));
      for (const bad of badBodies) findings.push(...(await taken(simulator.address, bad)));
      const requests = new Set(simulator.said().match(/^\w+ \/\S+ 2\d\d$/gm));
      const figures = `${requests.size} different requests accepted, ${badBodies.length} bad bodies refused`;
      return verdict(figures, findings);
    } finally {
      await simulator.stop();
    }
  },
};

function givenGitHub(apiUrl: string): GitHub {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const app = { current: async () => ({ appId: '1', privateKey }), refresh: async () => false };
  return createGitHub({ apiUrl, app, clock: systemClock });
}

async function findingsOf(github: GitHub, { what, ask, refused }: Asked): Promise<string[]> {
  const refusal = await refusalOf(() => ask(github));
  if (!refused) return refusal === undefined ? [] : [`${what} is refused, or not understood: ${refusal}`];
  if (refusal === undefined) return [`${what} is accepted now: take "refused" out of requests.ts`];
  return refused.words.test(refusal)
    ? []
    : [`${what} is refused for another reason than written: ${refusal}`];
}

async function refusalOf(ask: () => ReturnType<Asked['ask']>): Promise<string | undefined> {
  try {
    const answer = await ask();
    return answer.ok ? undefined : JSON.stringify(answer.refusal);
  } catch (cause) {
    return (cause as Error).message;
  }
}

async function taken(address: string, { what, path, body }: BadBody): Promise<string[]> {
  const response = await fetch(`${address}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  return response.status === 400
    ? []
    : [`a body with ${what} at ${path} is answered with ${response.status}; 400 was expected`];
}
