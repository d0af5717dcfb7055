/** What must hold for queues, functions and what calls them, with the configuration of the repository. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readTierUrls, readVariable, variables } from '../../lib/contract/environment.ts';
import { defaultConfig } from '../config/configurations.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { synthesized } from './assembly.ts';

const app = synthesized(defaultConfig);
afterAll(() => app.dispose());

const queues = app.resources('AWS::SQS::Queue');
const functions = app.resources('AWS::Lambda::Function');
const functionNamed = (name: string) =>
  functions.find(({ Properties }) => Properties.FunctionName === `my-saas-${name}`)!;
const isDeadLetters = (name: string) => name.endsWith('-dead-letters');

describe('the queues', () => {
  const working = queues.filter(({ Properties }) => !isDeadLetters(Properties.QueueName));

  it('are one for each tier, and those for lifecycles, completed jobs, installations and admission', () => {
    const names = working.map(({ Properties }) => Properties.QueueName);
    const tiers = ['small', 'medium', 'large'].map((tier) => `my-saas-${tier}-builds`);
    expect(names).toEqual([
      ...tiers,
      'my-saas-lifecycle',
      'my-saas-completions',
      'my-saas-installations',
      'my-saas-admission',
    ]);
  });

  it('move a message to its dead-letter queue after it failed for an hour', () => {
    for (const { Properties } of nonEmpty(working)) {
      const [id] = Properties.RedrivePolicy.deadLetterTargetArn['Fn::GetAtt'];
      const target = queues.find((queue) => queue.id === id)!;
      expect(target.Properties.QueueName).toBe(`${Properties.QueueName}-dead-letters`);
      const triedSeconds = Properties.RedrivePolicy.maxReceiveCount * Properties.VisibilityTimeout;
      expect(triedSeconds).toBeGreaterThanOrEqual(3_600);
      expect(triedSeconds).toBeLessThan(4_000);
    }
  });

  it('are encrypted, and refuse requests without TLS', () => {
    const policies = app.resources('AWS::SQS::QueuePolicy');
    for (const { id, Properties } of nonEmpty(queues)) {
      expect(Properties.SqsManagedSseEnabled).toBe(true);
      const policy = policies.find((each) => each.Properties.Queues[0].Ref === id)!;
      const Condition = { Bool: { 'aws:SecureTransport': 'false' } };
      expect(policy.Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({ Effect: 'Deny', Condition }),
      );
    }
  });

  it('hide a message while its function may work on it, and no longer than a job may wait after a crash', () => {
    const sources = app.resources('AWS::Lambda::EventSourceMapping');
    expect(sources).toHaveLength(working.length);
    for (const { Properties } of nonEmpty(sources)) {
      const queue = queues.find(({ id }) => id === Properties.EventSourceArn['Fn::GetAtt'][0])!;
      const reader = functions.find(({ id }) => id === Properties.FunctionName.Ref)!;
      const { VisibilityTimeout } = queue.Properties;
      const windowSeconds = Properties.MaximumBatchingWindowInSeconds ?? 0;
      expect(VisibilityTimeout).toBeGreaterThanOrEqual(2 * reader.Properties.Timeout + windowSeconds);
      // The row of a job whose question was lost has it asked again after a minute, whatever becomes of the message.
      const isOfQuestions = queue.Properties.QueueName === 'my-saas-admission';
      expect(VisibilityTimeout).toBeLessThanOrEqual(isOfQuestions ? 90 : 45);
    }
  });

  it('report each failed message separately, with limited concurrency', () => {
    for (const { Properties } of nonEmpty(app.resources('AWS::Lambda::EventSourceMapping'))) {
      expect([Properties.Enabled, Properties.FilterCriteria]).toEqual([undefined, undefined]);
      expect(Properties).toMatchObject({
        // Forty of the lifecycle's facts are in flight at most, so that fair queues see who is noisy.
        BatchSize: Properties.MaximumBatchingWindowInSeconds ? 20 : 10,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: expect.any(Number) },
      });
    }
  });

  it('keep a message that failed for days after its queue would have dropped it: SQS counts from its first arrival', () => {
    // Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    const usualDays = 4;
    const daysOf = ({ Properties }: (typeof queues)[number]) =>
      (Properties.MessageRetentionPeriod ?? usualDays * 86_400) / 86_400;
    // Long enough for a weekend without anybody who mends what stops a function.
    for (const queue of nonEmpty(working)) expect(daysOf(queue)).toBeGreaterThanOrEqual(usualDays);
    const longest = Math.max(...nonEmpty(working).map(daysOf));
    for (const queue of nonEmpty(queues.filter((each) => !working.includes(each)))) {
      expect(daysOf(queue)).toBeGreaterThanOrEqual(longest + 7);
    }
  });

  it('start few copies, and have enough messages in flight for SQS to see whose are many', () => {
    for (const { Properties } of nonEmpty(app.resources('AWS::Lambda::EventSourceMapping'))) {
      const queue = queues.find(({ id }) => id === Properties.EventSourceArn['Fn::GetAtt'][0])!;
      const { MaximumConcurrency } = Properties.ScalingConfig;
      // Lambda takes no less; a new account has ten copies for everything, and webhook and claim need some.
      expect(MaximumConcurrency).toBeGreaterThanOrEqual(2);
      expect(MaximumConcurrency).toBeLessThanOrEqual(5);
      const isOfFacts = /-(lifecycle|completions)$/.test(queue.Properties.QueueName);
      // Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues-detailed.html
      if (isOfFacts) expect(MaximumConcurrency * Properties.BatchSize).toBeGreaterThanOrEqual(30);
    }
  });

  it('wait for a batch to fill only if its messages are not urgent, and delay none', () => {
    for (const { Properties } of nonEmpty(working)) expect(Properties.DelaySeconds).toBeUndefined();
    const windowed = app
      .resources('AWS::Lambda::EventSourceMapping')
      .filter(({ Properties }) => Properties.MaximumBatchingWindowInSeconds)
      .map(({ Properties }) => Properties.EventSourceArn['Fn::GetAtt'][0]);
    const names = queues
      .filter(({ id }) => windowed.includes(id))
      .map(({ Properties }) => Properties.QueueName);
    expect(names).toEqual(['my-saas-lifecycle']);
  });
});

describe('the functions', () => {
  it('run on the newest Node on arm64', () => {
    for (const { Properties } of nonEmpty(functions)) {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
      });
    }
  });

  it('log JSON, whose fields the saved queries read, and not their own starts and ends', () => {
    for (const { Properties } of nonEmpty(functions)) {
      const { LogGroup, ...logging } = Properties.LoggingConfig;
      expect(logging).toEqual({ LogFormat: 'JSON', ApplicationLogLevel: 'INFO', SystemLogLevel: 'WARN' });
      const group = app.resources('AWS::Logs::LogGroup').find(({ id }) => id === LogGroup.Ref)!;
      expect(group.Properties.LogGroupName).toBe(`/aws/lambda/${Properties.FunctionName}`);
    }
  });

  it("have the deployment's settings beside their bundle", () => {
    const { files } = JSON.parse(readFileSync(join(app.folder, 'my-saas-control-plane.assets.json'), 'utf8'));
    const folders = functions.map(
      ({ Properties }) => files[Properties.Code.S3Key.replace('.zip', '')].source.path,
    );
    for (const folder of nonEmpty(folders.map((path) => join(app.folder, path)))) {
      expect(existsSync(join(folder, 'index.mjs'))).toBe(true);
      const deployment = JSON.parse(readFileSync(join(folder, 'deployment.json'), 'utf8'));
      expect(deployment).toMatchObject({ environment: 'my-saas', onboarding: 'open' });
    }
  });

  it.each([
    [
      'webhook',
      [
        'TIER_QUEUE_URLS',
        'LIFECYCLE_QUEUE_URL',
        'COMPLETIONS_QUEUE_URL',
        'INSTALLATIONS_QUEUE_URL',
        'WEBHOOK_SECRET_ARN',
      ],
    ],
    ['scale-up', ['TENANTS_TABLE', 'TIER_QUEUE_URLS', 'SUBNETS', 'TICKET_SECRET_ARN']],
    ['claim', ['JOBS_TABLE', 'TICKET_SECRET_ARN', 'APP_SECRET_ARN', 'GITHUB_API_URL']],
    ['runner-syncer', ['RUNNER_BUCKET', 'RUNNER_RELEASES_URL']],
    ['tenant-manager', ['INSTALLATIONS_QUEUE_URL', 'LIFECYCLE_QUEUE_URL', 'GITHUB_API_URL']],
  ])('%s gets %j', (name, expected) => {
    const names = Object.keys(functionNamed(name).Properties.Environment.Variables);
    expect(names).toEqual(expect.arrayContaining(expected));
    expect(names.filter((each) => !(Object.values(variables) as string[]).includes(each))).toEqual([]);
  });

  it("have the URL of each tier's queue by tier name", () => {
    const { Variables } = functionNamed('webhook').Properties.Environment;
    const join = Variables.TIER_QUEUE_URLS['Fn::Join'][1] as (string | { Ref: string })[];
    const text = join.map((part) => (typeof part === 'string' ? part : part.Ref)).join('');
    const urls = readTierUrls(readVariable(variables.tierQueueUrls, { TIER_QUEUE_URLS: text }));
    expect(Object.keys(urls)).toEqual(['small', 'medium', 'large']);
  });

  it('end before GitHub gives up on a webhook, and before a launch may be resumed', () => {
    expect(functionNamed('webhook').Properties.Timeout).toBeLessThanOrEqual(10);
    expect(functionNamed('scale-up').Properties.Timeout).toBeLessThan(60);
    expect(functionNamed('sweep').Properties.Timeout).toBeLessThan(60);
  });
});

describe('callers of the functions', () => {
  it('include the internet only for webhook, claim, setup and admission-api, through their URLs', () => {
    const urls = app.resources('AWS::Lambda::Url').map(({ Properties }) => Properties);
    // GitHub, machines and browsers sign no request for AWS.
    for (const { AuthType, Cors } of nonEmpty(urls)) expect([AuthType, Cors]).toEqual(['NONE', undefined]);
    const targets = urls.map(({ TargetFunctionArn }) => TargetFunctionArn);
    expect(targets.map((arn) => arn['Fn::GetAtt'][0])).toEqual([
      functionNamed('webhook').id,
      functionNamed('claim').id,
      functionNamed('setup').id,
      functionNamed('admission-api').id,
    ]);
    const open = app
      .resources('AWS::Lambda::Permission')
      .filter(({ Properties }) => Properties.Principal === '*');
    for (const { 'Fn::GetAtt': target } of nonEmpty(targets)) {
      const own = open.filter(({ Properties }) => Properties.FunctionName['Fn::GetAtt'][0] === target[0]);
      expect(own.map(({ Properties }) => Properties)).toEqual([
        expect.objectContaining({ Action: 'lambda:InvokeFunctionUrl', FunctionUrlAuthType: 'NONE' }),
        expect.objectContaining({ Action: 'lambda:InvokeFunction', InvokedViaFunctionUrl: true }),
      ]);
    }
    expect(open).toHaveLength(8);
  });

  it("include schedules for sweep, reconciler and runner-syncer, and EC2's events about ending machines", () => {
    const rules = app.resources('AWS::Events::Rule').map(({ Properties }) => Properties);
    expect(rules).toMatchObject([
      { ScheduleExpression: 'rate(1 minute)', State: 'ENABLED' },
      { ScheduleExpression: 'rate(5 minutes)', State: 'ENABLED' },
      { ScheduleExpression: 'rate(15 minutes)', State: 'ENABLED' },
      {
        EventPattern: {
          source: ['aws.ec2'],
          'detail-type': ['EC2 Instance State-change Notification'],
          detail: { state: ['terminated', 'stopped'] },
        },
      },
      { EventPattern: { source: ['aws.ec2'], 'detail-type': ['EC2 Spot Instance Interruption Warning'] } },
    ]);
    for (const rule of nonEmpty(rules.slice(3))) {
      const [lifecycleId] = rule.Targets[0].Arn['Fn::GetAtt'];
      expect(queues.find(({ id }) => id === lifecycleId)!.Properties.QueueName).toBe('my-saas-lifecycle');
    }
  });

  it('may send to queues only for these two rules, unless a role lets them', () => {
    const rules = app.resources('AWS::Events::Rule').slice(3);
    const open = app
      .resources('AWS::SQS::QueuePolicy')
      .flatMap(({ Properties }) => Properties.PolicyDocument.Statement)
      .filter(({ Effect }) => Effect === 'Allow');
    expect(open.map(({ Principal, Condition }) => ({ Principal, Condition }))).toEqual(
      rules.map(({ id }) => ({
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { ArnEquals: { 'aws:SourceArn': { 'Fn::GetAtt': [id, 'Arn'] } } },
      })),
    );
  });

  it('repeat no scheduled run that failed or was throttled, since the next one does its work, and end before that', () => {
    const limits = app.resources('AWS::Lambda::EventInvokeConfig').map(({ Properties }) => Properties);
    const schedules = app
      .resources('AWS::Events::Rule')
      .filter(({ Properties }) => Properties.ScheduleExpression !== undefined);
    for (const { Properties } of nonEmpty(schedules)) {
      const [, minutes] = /^rate\((\d+) minutes?\)$/.exec(Properties.ScheduleExpression)!;
      const [id] = Properties.Targets[0].Arn['Fn::GetAtt'];
      const [limit, ...others] = limits.filter(({ FunctionName }) => FunctionName.Ref === id);
      expect(others).toEqual([]);
      expect(limit).toMatchObject({ MaximumRetryAttempts: 0, Qualifier: '$LATEST' });
      // Lambda keeps no event for less than a minute.
      expect(limit.MaximumEventAgeInSeconds).toBeGreaterThanOrEqual(60);
      expect(limit.MaximumEventAgeInSeconds).toBeLessThanOrEqual(Number(minutes) * 60);
      expect(functions.find((each) => each.id === id)!.Properties.Timeout).toBeLessThan(Number(minutes) * 60);
    }
  });
});
