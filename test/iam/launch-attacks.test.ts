/** What a role that launches can be made to launch, were somebody inside it: what the platform launches, and nothing else. */
import { describe, expect, it } from '@jest/globals';
import { evaluate } from '../../lib/local/aws/iam/evaluate.ts';
import type { IamQuestion, PolicyStatement } from '../../lib/local/aws/service.ts';
import { everyPolicy } from './fresh-document.ts';
import { launchQuestions } from './launch-attacks.ts';

const policies = everyPolicy();
const place = {
  region: 'us-east-1',
  accountId: 'ACCOUNT',
  environment: 'my-saas',
  instanceType: 't3.medium',
};

describe.each(['scale-up', 'sweep'])('%s', (name) => {
  const policy = policies.find(({ kind, of }) => kind === 'function' && of === name)!;
  const launch = launchQuestions(policy, place);
  const document = { Statement: policy.statements as unknown as PolicyStatement[] };
  const refused = (questions: readonly IamQuestion[]) =>
    questions.filter((question) => evaluate([document], question) !== 'allowed');

  it.each(['spot', 'on-demand'] as const)('launches its own %s machines', (market) => {
    // The account's role for spot, and images by parameter, are asked for elsewhere.
    expect(refused(launch.own(market))).toEqual([]);
  });

  it.each(Object.keys(launch.attacks))('cannot launch %s', (attack) => {
    const questions = launch.attacks[attack]!();
    expect(refused(questions).length).toBeGreaterThan(0);
    expect(questions.length).toBeGreaterThan(5);
  });
});
