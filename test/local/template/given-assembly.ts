/** Small assemblies, written out: a template test's input, with a function that can run. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Template } from '../../../lib/local/template/cloudformation.ts';

export type Resources = NonNullable<Template['Resources']>;

/**
 * Writes a cloud assembly as the CDK does; `bundle` is the source of the one function, under the key
 * `bundle.zip`.
 */
export function givenAssembly(
  stacks: Readonly<Record<string, Template>>,
  bundle = 'export const handler = async () => {};',
) {
  const directory = mkdtempSync(join(tmpdir(), 'mayfly-assembly-'));
  const write = (name: string, value: unknown) => writeFileSync(join(directory, name), JSON.stringify(value));
  mkdirSync(join(directory, 'asset.1'));
  writeFileSync(join(directory, 'asset.1', 'index.mjs'), bundle);
  const artifacts: Record<string, unknown> = {
    Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
  };
  for (const [name, template] of Object.entries(stacks)) {
    write(`${name}.template.json`, template);
    write(`${name}.assets.json`, {
      files: { one: { source: { path: 'asset.1' }, destinations: { here: { objectKey: 'bundle.zip' } } } },
    });
    artifacts[`${name}.assets`] = { type: 'cdk:asset-manifest', properties: { file: `${name}.assets.json` } };
    artifacts[name] = {
      type: 'aws:cloudformation:stack',
      properties: { templateFile: `${name}.template.json`, stackName: name },
    };
  }
  write('manifest.json', { version: '1', artifacts });
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

const statement = (Action: string | string[], Resource: unknown) => ({ Effect: 'Allow', Action, Resource });

/** A function whose role may write logs, and do what `may` says. */
export function functionResources(
  may: readonly { actions: string[]; resource: unknown }[] = [],
  properties: Readonly<Record<string, unknown>> = {},
): Resources {
  return {
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Statement: {
            Effect: 'Allow',
            Action: 'sts:AssumeRole',
            Principal: { Service: 'lambda.amazonaws.com' },
          },
        },
        Policies: [
          {
            PolicyName: 'grants',
            PolicyDocument: {
              Statement: [
                statement(['logs:CreateLogStream', 'logs:PutLogEvents'], '*'),
                ...may.map(({ actions, resource }) => statement(actions, resource)),
              ],
            },
          },
        ],
      },
    },
    Worker: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'worker',
        Code: { S3Bucket: 'assets', S3Key: 'bundle.zip' },
        Handler: 'index.handler',
        Runtime: 'nodejs24.x',
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        ...properties,
      },
    },
  };
}

export const queue: Resources = { Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'builds' } } };
export const queueArn = { 'Fn::GetAtt': ['Queue', 'Arn'] };
