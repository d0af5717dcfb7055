/** Time and memory of the functions, beside what waits for them and what they wait for. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { pollBounds } from '../../lib/app/admission-api/answer-questions.ts';
import { defaultConfig } from '../config/configurations.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { synthesized } from './assembly.ts';

const app = synthesized(defaultConfig);
afterAll(() => app.dispose());

const functions = app.resources('AWS::Lambda::Function').map(({ Properties }) => Properties);
const named = (name: string) => functions.find(({ FunctionName }) => FunctionName === `my-saas-${name}`)!;

/** Of a call to GitHub, and of one that launches machines; the tests of these clients hold both. */
const answerSeconds = { github: 10, launch: 12 };

describe('the time of a function', () => {
  it('is enough for one of GitHub’s answers at the last moment, and for what is stored after it', () => {
    const calling = functions.filter(({ Environment }) => Environment?.Variables?.GITHUB_API_URL);
    for (const { FunctionName, Timeout } of nonEmpty(calling)) {
      expect([FunctionName, Timeout >= answerSeconds.github + 5]).toEqual([FunctionName, true]);
    }
  });

  it('of scale-up is enough for EC2’s answer to the last request that it sends, four seconds after its start', () => {
    expect(named('scale-up').Timeout).toBeGreaterThanOrEqual(4 + answerSeconds.launch + 2);
  });

  it('of claim ends before a machine stops listening', () => {
    const boot = readFileSync(new URL('../../images/boot.sh', import.meta.url), 'utf8');
    const [, seconds] = /--max-time "\$\{2:-(\d+)\}"/.exec(boot)!;
    expect(named('claim').Timeout).toBeLessThan(Number(seconds));
  });

  it('of admission-api is enough for a request that waits for questions, and little more', () => {
    const { waitSeconds } = pollBounds;
    expect(named('admission-api').Timeout).toBeGreaterThanOrEqual(waitSeconds + 5);
    expect(named('admission-api').Timeout).toBeLessThanOrEqual(waitSeconds + 10);
  });

  it('of setup is enough for three attempts to take over an App', () => {
    expect(named('setup').Timeout).toBeGreaterThanOrEqual(3 * answerSeconds.github + 10);
  });
});

describe('the memory of a function', () => {
  it('is at least what Lambda takes, and at most half a gigabyte: each second costs in proportion', () => {
    for (const { FunctionName, MemorySize } of nonEmpty(functions)) {
      expect([FunctionName, MemorySize >= 128 && MemorySize <= 512]).toEqual([FunctionName, true]);
    }
  });

  it('is least where most of the time is spent waiting for others', () => {
    for (const name of ['webhook', 'scale-up', 'claim', 'lifecycle']) {
      expect(named(name).MemorySize).toBeLessThanOrEqual(192);
    }
  });
});
