/**
 * The alarms, and the topic that they speak to, also when all is well again. CloudWatch of this account alone may publish
 * to it. The topic carries names of alarms, no data of tenants, so it has no key: with AWS's own CloudWatch could not use it.
 */
import { Stack } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { CheckedConfig } from '../config/check-config.ts';
import { type AlarmPlan, alarmPlans } from './alarm-plans.ts';

export class Alarms extends Construct {
  readonly topic: Topic;
  readonly alarms: readonly Alarm[];

  constructor(scope: Construct, id: string, config: CheckedConfig) {
    super(scope, id);
    const { environment } = config.deployment;
    this.topic = new Topic(this, 'Topic', { topicName: `${environment}-alarms`, enforceSSL: true });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsMayPublish',
        actions: ['sns:Publish'],
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
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
