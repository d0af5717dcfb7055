/** The stack that watches the platform: alarms, their topic, a dashboard and saved queries. It may be left out. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { CheckedConfig } from '../config/check-config.ts';
import { Observability } from '../constructs/observability/observability.ts';

export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly config: CheckedConfig }) {
    super(scope, id, props);
    // The CDK omits the id `Default` from logical ids.
    const { topic, dashboard } = new Observability(this, 'Default', { config: props.config });
    new CfnOutput(this, 'AlarmTopic', {
      value: topic.topicArn,
      description: 'The topic of the alarms: subscribe your pager to it',
    });
    new CfnOutput(this, 'DashboardName', {
      value: dashboard.dashboardName,
      description: 'The CloudWatch dashboard',
    });
  }
}
