/**
 * The alarms and the topic that they notify, also when the problem is over. Only CloudWatch of this account may publish
 * to a topic created here. The topic carries names of alarms and no tenant data, so it is encrypted only with the
 * operator's own key: CloudWatch could not use AWS's.
 */
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { CheckedConfig } from '../../config/check-config.ts';
import { keyOf } from '../state/encryption.ts';
import type { AlarmPlan } from './alarm-plan.ts';
import { alarmPlans } from './alarm-plans.ts';

export interface ObservabilityProps {
  readonly config: CheckedConfig;
  /** The topic that alarms notify. Default: a new topic. */
  readonly alarmTopic?: ITopic;
}

export class Alarms extends Construct {
  readonly topic: ITopic;
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, { config, alarmTopic }: ObservabilityProps) {
    super(scope, id);
    const { environment } = config.deployment;
    this.topic = alarmTopic ?? createTopic(this, environment, config.kmsKeyArn);
    if (config.alarmEmail !== undefined) this.topic.addSubscription(new EmailSubscription(config.alarmEmail));
    const action = new SnsAction(this.topic);
    this.alarms = alarmPlans(config).map((plan) => {
      const alarm = createAlarm(this, environment, plan);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
      return alarm;
    });
  }
}

function createTopic(scope: Construct, environment: string, kmsKeyArn: string | undefined): Topic {
  const key = keyOf(scope, kmsKeyArn);
  const topic = new Topic(scope, 'Topic', {
    topicName: `${environment}-alarms`,
    enforceSSL: true,
    ...(key ? { masterKey: key } : {}),
  });
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsMayPublish',
      actions: ['sns:Publish'],
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  return topic;
}

function createAlarm(scope: Construct, environment: string, plan: AlarmPlan): Alarm {
  return new Alarm(scope, plan.name, {
    alarmName: `${environment}-${plan.name}`,
    alarmDescription: `${plan.says}. What to do: docs/RUNBOOK.md#${plan.article}`,
    metric: plan.metric,
    threshold: plan.above,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
    evaluationPeriods: plan.periods,
    treatMissingData: plan.silenceIsBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
  });
}
