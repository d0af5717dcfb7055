/**
 * What watches the platform: alarms with their topic, a dashboard, saved queries. It uses names only and refers to none
 * of the platform's resources, so it never blocks a change of them, and may be left out.
 */
import type { Alarm, Dashboard } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { Alarms, type ObservabilityProps } from './alarms.ts';
import { createDashboard } from './dashboard.ts';
import { createSavedQueries } from './saved-queries.ts';

export class Observability extends Construct {
  readonly topic: ITopic;
  readonly alarms: readonly Alarm[];
  readonly dashboard: Dashboard;
  readonly savedQueries: readonly CfnQueryDefinition[];

  constructor(scope: Construct, id: string, props: ObservabilityProps) {
    super(scope, id);
    const { deployment } = props.config;
    const { topic, alarms } = new Alarms(this, 'Alarms', props);
    this.topic = topic;
    this.alarms = alarms;
    this.dashboard = createDashboard(this, deployment, alarms);
    this.savedQueries = createSavedQueries(this, deployment);
  }
}
