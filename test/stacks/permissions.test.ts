/** What each function may do, and what none may. */
import { afterAll, describe, expect, it } from '@jest/globals';
import { configWith, thirtyTiers } from '../config/configurations.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { listOf, statementsByFunction, synthesized } from './assembly.ts';

const environment = 'my-saas';
const app = synthesized(configWith({ ...thirtyTiers }));
afterAll(() => app.dispose());

const statements = statementsByFunction(app, environment);
const functions = [...statements.keys()];
const actionsOf = (name: string) => statements.get(name)!.flatMap(({ Action }) => listOf(Action));

/** What EC2 lets nobody hold to a resource. */
const describing: Readonly<Record<string, readonly string[]>> = {
  'scale-up': ['DescribeFleets', 'DescribeInstances', 'DescribeSpotPriceHistory'],
  lifecycle: ['DescribeInstances', 'DescribeSpotPriceHistory'],
  sweep: ['DescribeFleets', 'DescribeInstances', 'DescribeSpotPriceHistory'],
  reconciler: ['DescribeInstances', 'DescribeSpotPriceHistory'],
};

describe('every function', () => {
  it('has its own role', () => {
    const roles = app
      .resources('AWS::Lambda::Function')
      .map(({ Properties }) => Properties.Role['Fn::GetAtt'][0]);
    expect(new Set(roles).size).toBe(functions.length);
    expect(app.resources('AWS::IAM::Role')).toHaveLength(functions.length);
    expect(app.resources('AWS::IAM::Policy')).toEqual([]);
  });

  it('has a role that only Lambda may take', () => {
    const Principal = { Service: 'lambda.amazonaws.com' };
    for (const { Properties } of nonEmpty(app.resources('AWS::IAM::Role'))) {
      const { Statement } = Properties.AssumeRolePolicyDocument;
      expect(Statement).toEqual([{ Action: 'sts:AssumeRole', Effect: 'Allow', Principal }]);
    }
  });

  it.each(functions)('%s has no wildcard action, no managed policy, and cannot pass a role', (name) => {
    const roles = app.resources('AWS::IAM::Role');
    expect(roles.flatMap(({ Properties }) => Properties.ManagedPolicyArns ?? [])).toEqual([]);
    expect(actionsOf(name).filter((action) => action.includes('*'))).toEqual([]);
    expect(actionsOf(name)).not.toContain('iam:PassRole');
  });

  it.each(functions)('%s has the wildcard resource only if EC2 offers no other', (name) => {
    const open = statements.get(name)!.filter(({ Resource }) => listOf(Resource).includes('*'));
    const actions = open.flatMap(({ Action }) => Action).map((action: string) => action.split(':')[1]);
    expect(actions.sort()).toEqual(describing[name] ?? []);
  });

  it.each(functions)('%s writes only to its own log group', (name) => {
    const [own, ...others] = statements
      .get(name)!
      .filter(({ Action }) => listOf(Action)[0]!.startsWith('logs:'));
    expect(others).toEqual([]);
    const group = app
      .resources('AWS::Logs::LogGroup')
      .find(({ id }) => id === own!.Resource['Fn::GetAtt'][0]);
    expect(group!.Properties).toMatchObject({
      LogGroupName: `/aws/lambda/my-saas-${name}`,
      RetentionInDays: 30,
    });
  });
});

describe('the secrets', () => {
  it.each([
    ['WebhookSecret', ['webhook', 'setup']],
    ['TicketSecret', ['scale-up', 'claim']],
    ['AppSecret', ['tenant-manager', 'claim', 'admission', 'sweep', 'reconciler', 'setup', 'admission-api']],
    ['SetupSecret', ['setup']],
  ])('%s is read only by %j', (secret, expected) => {
    const readers = functions.filter((name) =>
      statements.get(name)!.some(({ Action, Resource }) => {
        return (
          listOf(Action).includes('secretsmanager:GetSecretValue') &&
          JSON.stringify(Resource).includes(secret)
        );
      }),
    );
    expect(readers.sort()).toEqual(expected.sort());
  });
});

describe('machines', () => {
  it('are launched only by scale-up and sweep, never by functions that the internet can call', () => {
    const launching = functions.filter((name) =>
      actionsOf(name).some((action) => action === 'ec2:CreateFleet'),
    );
    expect(launching.sort()).toEqual(['scale-up', 'sweep']);
    for (const name of ['webhook', 'claim', 'setup', 'admission-api']) {
      expect(actionsOf(name).filter((action) => action.startsWith('ec2:'))).toEqual([]);
    }
  });

  it('are started with the tag of the environment, from a template that carries it', () => {
    const running = statements
      .get('scale-up')!
      .filter(({ Action }) => listOf(Action).includes('ec2:RunInstances'));
    const conditionOf = (sid: string) => running.find(({ Sid }) => Sid === sid)!.Condition;
    expect(conditionOf('Start').StringEquals).toEqual({ 'aws:RequestTag/ghr:environment': environment });
    expect(conditionOf('FromTemplates')).toEqual({
      StringEquals: { 'ec2:ResourceTag/ghr:environment': environment },
    });
    for (const sid of ['Start', 'Use']) {
      expect(Object.keys(conditionOf(sid).ArnLike)).toEqual(['ec2:LaunchTemplate']);
    }
    // EC2 gives no key of the template with a spot request.
    expect(conditionOf('SpotRequest')).toBeUndefined();
    expect(running.map(({ Sid }) => Sid)).toEqual([
      'FromTemplates',
      'Use',
      'OwnImage',
      'Start',
      'SpotRequest',
    ]);
  });

  it.each(['scale-up', 'sweep'])(
    "are launched by %s with their template's image, the tiers' types and IMDSv2",
    (name) => {
      const conditionOf = (sid: string) => statements.get(name)!.find(({ Sid }) => Sid === sid)!.Condition;
      const types = ['m7g.large', 'm7i.large', 't3.large', 't4g.large'];
      expect(conditionOf('OwnImage')).toEqual({ Bool: { 'ec2:IsLaunchTemplateResource': 'true' } });
      expect(conditionOf('Start')).toMatchObject({
        StringEqualsIfExists: { 'ec2:MetadataHttpTokens': 'required' },
        StringLikeIfExists: { 'ec2:InstanceType': types },
      });
      expect(conditionOf('Ask')).toEqual({ StringLikeIfExists: { 'ec2:InstanceType': types } });
    },
  );

  it('are tagged only at their creation', () => {
    const tagging = statements.get('scale-up')!.find(({ Action }) => Action === 'ec2:CreateTags')!;
    expect(tagging.Condition.StringEquals['ec2:CreateAction']).toEqual(['CreateFleet', 'RunInstances']);
  });

  it.each(['lifecycle', 'sweep', 'reconciler'])(
    'are ended by %s only if they are of this environment',
    (name) => {
      const ending = statements
        .get(name)!
        .find(({ Action }) => listOf(Action).includes('ec2:TerminateInstances'))!;
      expect(ending.Condition).toEqual({ StringEquals: { 'ec2:ResourceTag/ghr:environment': environment } });
    },
  );
});

describe('a role of thirty tiers', () => {
  it.each(functions)("of %s fits in IAM's 10,240 characters", (name) => {
    expect(JSON.stringify(filledIn(statements.get(name))).length).toBeLessThan(10_240);
  });

  it('fits there too with as many parameters and roles as may be named', () => {
    const name = (n: number) => String(n).padStart(100, 'x');
    const tiers = Object.entries(thirtyTiers.tiers).map(([tier, settings], n) => [
      tier,
      {
        ...settings,
        image: `resolve:ssm:/${name(n % 5).slice(1)}`,
        instanceRoleArn: `arn:aws-us-gov:iam::123456789012:role/${name(n % 5)}`,
      },
    ]);
    const longest = synthesized(configWith({ ...thirtyTiers, tiers: Object.fromEntries(tiers) }));
    const sizes = [...statementsByFunction(longest, environment).values()].map(
      (role) => JSON.stringify(filledIn(role)).length,
    );
    longest.dispose();
    expect(Math.max(...sizes)).toBeLessThan(10_240);
  });
});

/** The policy as IAM would count it, each name, id and ARN as long as it gets. */
function filledIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(filledIn);
  if (typeof value !== 'object' || value === null) return value;
  const [[key, argument] = ['', undefined]] = Object.entries(value);
  if (key === 'Ref' && argument === 'AWS::Partition') return 'aws-us-gov';
  if (key === 'Ref') return String(argument).startsWith('AWS::') ? '123456789012' : 'lt-0123456789abcdef0';
  if (key === 'Fn::Join') return (filledIn(argument[1]) as string[]).join('');
  if (JSON.stringify(argument).includes('SecurityGroup')) return 'sg-0123456789abcdef0';
  if (key.startsWith('Fn::')) return 'x'.repeat(85);
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, filledIn(entry)]));
}
