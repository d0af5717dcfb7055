/** The policies that people are given: for CloudFormation, for the one who deploys, and each within AWS's bounds. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { bootstrapResources } from '../../lib/cli/policies/bootstrap-policy.ts';
import { commandPolicies } from '../../lib/cli/policies/command-policies.ts';
import { deployerStatements, qualifier } from '../../lib/cli/policies/deployer-policy.ts';
import { policies } from '../../lib/cli/policies/policies.ts';
import { resourceActions } from '../../lib/cli/policies/resource-actions.ts';
import { policy } from '../../lib/cli/policy.ts';
import { wildcard } from '../../lib/local/aws/iam/wildcard.ts';
import { everyOption, existingNetwork } from '../iam/every-option.ts';
import { synthesized } from '../stacks/assembly.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { commands } from './commands.ts';
import { run } from './support.ts';

const place = { environment: 'my-saas', region: 'us-east-1', account: '123456789012' };

describe('mayfly policy', () => {
  it('prints a policy for the environment of the configuration, for any account or for one', async () => {
    const { status, out } = await run(policy, ['status', '--account', '123456789012'], 'http://127.0.0.1:1');
    expect(status).toBe(0);
    expect(JSON.parse(out).Statement[0]).toEqual({
      Sid: 'ReadTenants',
      Effect: 'Allow',
      Action: ['dynamodb:Scan'],
      Resource: ['arn:aws:dynamodb:us-east-1:123456789012:table/my-saas-tenants'],
    });
    const others = await run(policy, ['status', '--environment', '*'], 'http://127.0.0.1:1');
    expect(others.out).toContain('arn:aws:dynamodb:us-east-1:*:table/*-tenants');
  });

  it('separates each policy from its purpose, with an ARN for each of those for CloudFormation', async () => {
    const { out } = await run(policy, ['--help'], 'http://127.0.0.1:1');
    for (const { name, summary } of nonEmpty(policies))
      expect(out).toMatch(new RegExp(`^  ${name} {2,}${summary}$`, 'm'));
    expect(out).toMatch(/-execution-policies ARN,ARN,ARN,ARN$/m);
  });

  it('says which policies exist, and what an account is', async () => {
    const unknown = await run(policy, ['root'], 'http://127.0.0.1:1');
    expect(unknown).toMatchObject({
      status: 2,
      error: expect.stringContaining('bootstrap, deployer, cloudformation-'),
    });
    const odd = await run(policy, ['status', '--account', 'mine'], 'http://127.0.0.1:1');
    expect(odd).toMatchObject({ status: 2, error: expect.stringContaining('twelve digits') });
  });

  it.each(['My-SaaS', 'my-*', '', '**', 'a b', 'my-saas-', 'x'.repeat(25)])(
    'says that %j is no environment, and what is one',
    async (name) => {
      const odd = await run(policy, ['status', '--environment', name], 'http://127.0.0.1:1');
      expect(odd).toMatchObject({
        status: 2,
        error: expect.stringContaining(
          `--environment is ${JSON.stringify(name)}; it must be an environment's name (1 to 24 lower-case`,
        ),
      });
    },
  );

  it.each(['setup', 'rotate-key', 'rotate-webhook-secret'])('reads the stack that %s names', async (name) => {
    const { status, out } = await run(policy, [name, '--stack', 'CiPlatform'], 'http://127.0.0.1:1');
    expect(status).toBe(0);
    expect(JSON.parse(out).Statement[0]).toMatchObject({
      Action: ['cloudformation:DescribeStacks'],
      Resource: ['arn:aws:cloudformation:us-east-1:*:stack/CiPlatform/*'],
    });
  });

  it.each([
    ['status', '--account', (length: number) => '1'.repeat(length), 12],
    ['setup', '--stack', (length: number) => 'a'.repeat(length), 128],
  ])(
    'takes for %s %s a text as long as AWS has it, and none of a character more',
    async (...[name, flag, of, most]) => {
      const statuses = [];
      for (const length of [most, most + 1])
        statuses.push((await run(policy, [name, flag, of(length)], 'http://127.0.0.1:1')).status);
      expect(statuses).toEqual([0, 2]);
    },
  );

  it('takes no account of eleven digits', async () => {
    const { status } = await run(policy, ['status', '--account', '12345678901'], 'http://127.0.0.1:1');
    expect(status).toBe(2);
  });

  it.each([
    [['setup', '--stack', '*'], /--stack is "\*"; it must be a stack's name/],
    [['status', '--stack', 'CiPlatform'], /policy status does not depend on a stack.*Leave --stack out/],
  ])('says which stacks are allowed for %j', async (args, words) => {
    const odd = await run(policy, args, 'http://127.0.0.1:1');
    expect(odd).toMatchObject({ status: 2, out: '', error: expect.stringMatching(words) });
  });

  it('has one for each command, and no other', () => {
    const own = Object.keys(commandPolicies).filter((name) => !name.includes(' --'));
    // A single host's commands never call AWS.
    const needing = commands.filter(({ isWithoutAws, name }) => !isWithoutAws || name === 'policy');
    expect(own.toSorted()).toEqual(needing.map(({ name }) => name).toSorted());
  });

  it.each(policies.map((one) => [one.name, one] as const))(
    '%s fits into a managed policy, and has no wildcard action',
    (_, one) => {
      const imageParameters = Array.from({ length: 10 }, (_name, n) => `/${String(n).repeat(100)}`);
      const longest = {
        ...place,
        environment: 'e'.repeat(24),
        region: 'ap-southeast-99',
        imageParameters,
      };
      const text = JSON.stringify(one.document(longest));
      expect(text.length).toBeLessThanOrEqual(6_144);
      const actions = one.document(place).Statement.flatMap(({ Action }) => Action);
      expect(actions.filter((action) => action.includes('*'))).toEqual([]);
    },
  );
});

describe('the policies about a deploy', () => {
  const configurations = [everyOption, existingNetwork];
  const apps = configurations.map((config) => synthesized(config));
  const types = new Set(apps.flatMap((app) => app.resources().map(({ Type }) => Type)));
  const roles = new Set(apps.flatMap((app) => bootstrapRoles(app.folder)));
  for (const app of apps) app.dispose();

  it('name every type of resource in the templates, and no other', () => {
    const named = Object.values(resourceActions).flatMap((part) => Object.keys(part));
    expect(named.toSorted()).toEqual([...types].sort());
  });

  it("name every type of resource in the CDK's bootstrap, except those that are not used", () => {
    const path = new URL(
      '../../node_modules/aws-cdk/lib/api/bootstrap/bootstrap-template.yaml',
      import.meta.url,
    );
    const made = [...readFileSync(path, 'utf8').matchAll(/^ {4}Type: '?(AWS::[\w:]+)/gm)].map(
      (match) => match[1]!,
    );
    const optional = ['AWS::KMS::Key', 'AWS::KMS::Alias', 'AWS::IAM::ManagedPolicy'];
    const wanted = new Set(made.filter((type) => !optional.includes(type)));
    expect(Object.keys(bootstrapResources).toSorted()).toEqual([...wanted].sort());
  });

  it('let the deployer assume only the roles that deploy templates and files', () => {
    const { Resource: allowed } = deployerStatements(place)[0]!;
    // CloudFormation alone acts as this one.
    roles.delete(`cdk-${qualifier}-cfn-exec-role`);
    for (const role of nonEmpty(roles)) {
      const arn = `arn:aws:iam::123456789012:role/${role}-123456789012-us-east-1`;
      expect(allowed.filter((pattern) => wildcard(pattern)(arn))).toHaveLength(1);
    }
    expect(allowed).toHaveLength(roles.size);
  });
});

/** Of all files of an assembly: `cdk-hnb659fds-deploy-role`. */
function bootstrapRoles(folder: string): string[] {
  const { artifacts } = JSON.parse(readFileSync(`${folder}/manifest.json`, 'utf8'));
  const files = ['manifest', ...Object.keys(artifacts).filter((id) => id.endsWith('.assets'))];
  return files.flatMap((file) => {
    const text = readFileSync(`${folder}/${file}.json`, 'utf8');
    return [...text.matchAll(/role\/(cdk-\w+-[a-z-]+?-role)-/g)].map((match) => match[1]!);
  });
}
