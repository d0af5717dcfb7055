/** The app as a whole: that the configuration alone shapes it, and that a laptop can run it. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { configWith, defaultConfig, tierWith } from '../config/configurations.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { synthesized } from './assembly.ts';

const seed = synthesized(defaultConfig);
afterAll(() => seed.dispose());

describe('the app', () => {
  it("has the seed's outputs", () => {
    const perTier = ['small', 'medium', 'large'].flatMap((tier) =>
      ['Queues', 'Runners', 'RunnerTiers'].map((kind) => `${kind}${tier}`),
    );
    const isForPeople = (name: string) => !name.startsWith('ExportsOutput');
    const outputs = Object.keys(seed.outputs('control-plane')).filter(isForPeople);
    expect(outputs.sort()).toEqual(
      [
        'WebhookEndpoint',
        'AdmissionApi',
        'ClaimEndpoint',
        'GitHubApi',
        'GitHubWeb',
        'RunnerBinaries',
        'SetupPage',
        ...perTier,
      ].sort(),
    );
    const state = ['TenantTable', 'WebhookSecretArn', 'WebhookSecretCommand'];
    expect(Object.keys(seed.outputs('state'))).toEqual(expect.arrayContaining(state));
  });

  it('tags everything that can have tags with the environment', () => {
    const tag = { Key: 'ghr:environment', Value: 'my-saas' };
    const kinds =
      /::(Table|Secret|Queue|Function|LogGroup|Role|Rule|EventSourceMapping|VPC|Subnet|SecurityGroup)$/;
    const taggable = seed.resources().filter(({ Type }) => kinds.test(Type));
    expect(taggable.length).toBeGreaterThan(40);
    for (const { Properties } of nonEmpty(taggable)) expect(Properties.Tags).toContainEqual(tag);
  });

  it('derives its names from the configuration, so that environments can share an account', () => {
    const other = synthesized(configWith({ environment: 'other' }));
    const names = ['FunctionName', 'QueueName', 'TableName', 'LaunchTemplateName', 'LogGroupName', 'Name'];
    const given: string[] = other
      .resources()
      .flatMap(({ Properties }) => names.map((name) => Properties?.[name]))
      .filter((name) => typeof name === 'string');
    other.dispose();
    expect(given.length).toBeGreaterThan(20);
    expect(given.filter((name) => !/^(\/aws\/lambda\/)?other[-/]/.test(name))).toEqual([]);
  });

  it('supports custom tiers by the configuration alone', () => {
    const starter = tierWith({
      labels: ['self-hosted', 'starter'],
      instanceTypes: ['t3.small'],
      maxRunners: 1,
    });
    const custom = synthesized(configWith({ tiers: { starter }, defaultTier: 'starter' }));
    const queues = custom.resources('AWS::SQS::Queue').map(({ Properties }) => Properties.QueueName);
    custom.dispose();
    expect(queues).toContain('my-saas-starter-builds');
    expect(queues.filter((name) => name.endsWith('-builds'))).toHaveLength(1);
  });

  it('has no parameters, conditions or rules, and no resource that runs code on deploy', () => {
    const types = new Set(seed.resources().map(({ Type }) => Type));
    expect(
      [...types].filter((type) => type.startsWith('Custom::') || type.includes('CloudFormation')),
    ).toEqual([]);
    expect(types.size).toBeLessThanOrEqual(35);
  });
});
