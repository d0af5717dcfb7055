/**
 * A deployment under an operator's own key and a permissions boundary: a job's whole life, with IAM asked about the key at
 * every step. And what happens where the boundary is too narrow: it is refused, by name.
 */
import { afterEach, describe, expect, it } from '@jest/globals';
import type { PolicyDocument } from '../../lib/local/aws/service.ts';
import type { LaptopOptions } from '../../lib/local/laptop.ts';
import { configWith, defaultConfig } from '../config/configurations.ts';
import { startWorld, tierLabels, type World } from './support/world.ts';

const kmsKeyArn = 'arn:aws:kms:us-east-1:000000000000:key/01234567-89ab-cdef-0123-456789abcdef';
const permissionsBoundaryArn = 'arn:aws:iam::000000000000:policy/boundary';

/** Everything that the platform's functions have any business with, and not a word of IAM but spot's own role. */
const wideEnough = ['dynamodb', 'sqs', 'secretsmanager', 'ec2', 'ssm', 'logs', 'kms', 's3'].map(
  (name) => `${name}:*`,
);

const boundaryOf = (actions: readonly string[]): PolicyDocument => ({
  Statement: { Effect: 'Allow', Action: [...actions, 'iam:CreateServiceLinkedRole'], Resource: '*' },
});

let world: World | undefined;
let asked: Set<string>;
/** Without leaving evidence of what was granted and used: what is granted of a key follows from all other grants. */
afterEach(async () => {
  world?.operator.close();
  await world?.laptop.close();
  world = undefined;
});

async function givenPlatform(boundary: PolicyDocument): Promise<World> {
  const tiers = { ...defaultConfig.tiers, small: { ...defaultConfig.tiers['small'], spot: true } };
  const options: LaptopOptions = {
    config: configWith({ tiers, kmsKeyArn, permissionsBoundaryArn }),
    managedPolicies: { [permissionsBoundaryArn]: boundary },
  };
  world = await startWorld(options);
  asked = new Set();
  world.laptop.endpoint.onCall(({ questions }) => {
    for (const { action, resource, context } of questions) {
      if (resource === kmsKeyArn) asked.add(`${action} via ${context['kms:viaservice']}`);
    }
  });
  return world;
}

describe('a platform under a key and a boundary of its account', () => {
  it('runs a job like any other, and uses the key wherever data is accessed', async () => {
    const platform = await givenPlatform(boundaryOf(wideEnough));
    const acme = await platform.install('acme');
    await platform.untilCompleted([platform.queue(acme, tierLabels('small'))]);
    await platform.untilRest();
    await platform.sweep();
    await platform.reconcile();
    expect(platform.trouble()).toEqual([]);
    expect([...asked].sort()).toEqual([
      'kms:CreateGrant via ec2.us-east-1.amazonaws.com',
      'kms:Decrypt via dynamodb.us-east-1.amazonaws.com',
      'kms:Decrypt via ec2.us-east-1.amazonaws.com',
      'kms:Decrypt via secretsmanager.us-east-1.amazonaws.com',
      'kms:Decrypt via sqs.us-east-1.amazonaws.com',
      'kms:DescribeKey via ec2.us-east-1.amazonaws.com',
      'kms:GenerateDataKey via sqs.us-east-1.amazonaws.com',
      'kms:GenerateDataKeyWithoutPlaintext via ec2.us-east-1.amazonaws.com',
    ]);
  });

  it('does nothing that the boundary excludes, whatever the roles allow', async () => {
    const tooNarrow = boundaryOf(wideEnough.filter((service) => service !== 'kms:*'));
    await expect(givenPlatform(tooNarrow)).rejects.toThrow(
      /kms:Decrypt.*no permissions boundary allows the action/,
    );
  });

  it('is refused by the laptop if the boundary’s content is not given', async () => {
    const config = configWith({ permissionsBoundaryArn });
    await expect(startWorld({ config })).rejects.toThrow(/boundary is not known by content/);
  });
});
