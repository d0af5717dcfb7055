/** The stack of what watches the platform: alarms, their topic, a dashboard and saved queries. It may be left out. */
import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { CheckedConfig } from '../config/check-config.ts';
import { Alarms } from '../constructs/alarms.ts';
import { createDashboard } from '../constructs/dashboard.ts';
import { createSavedQueries } from '../constructs/saved-queries.ts';

export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps & { readonly config: CheckedConfig }) {
    super(scope, id, props);
    const { config } = props;
    const { topic, alarms } = new Alarms(this, 'Alarms', config);
    const dashboard = createDashboard(this, config.deployment, alarms);
    createSavedQueries(this, config.deployment);
    new CfnOutput(this, 'AlarmTopic', {
      value: topic.topicArn,
      description: 'Where alarms are published: subscribe to it whatever should wake you',
    });
    new CfnOutput(this, 'DashboardName', {
      value: dashboard.dashboardName,
      description: 'The CloudWatch dashboard',
    });
  }
}
