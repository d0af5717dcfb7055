/** What is made of the platform elsewhere: a function that reads its tenants, and an alarm over one of its metrics. */
import { fileURLToPath } from 'node:url';
import { Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Architecture, Code, Function as Lambda, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Mayfly } from 'mayfly';

export interface TenantReportStackProps extends StackProps {
  readonly mayfly: Mayfly;
}

export class TenantReportStack extends Stack {
  constructor(scope: Construct, id: string, props: TenantReportStackProps) {
    super(scope, id, props);
    const { mayfly } = props;
    const report = new Lambda(this, 'Report', {
      description: 'Prints each morning which tenants there are, and what they may use',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: Code.fromAsset(fileURLToPath(new URL('tenant-report', import.meta.url))),
      timeout: Duration.minutes(1),
      environment: { TENANTS_TABLE: mayfly.tenantsTable.tableName },
      logGroup: new LogGroup(this, 'ReportLogs', { retention: RetentionDays.ONE_MONTH }),
    });
    mayfly.grantReadTenants(report);
    new Rule(this, 'EachMorning', {
      schedule: Schedule.cron({ hour: '6', minute: '0' }),
      targets: [new LambdaFunction(report)],
    });
    // The platform has alarms of its own; this is a promise to your own teams.
    mayfly.metricQueuedToStarted('small', { statistic: 'p90' }).createAlarm(this, 'SmallJobsStartSlowly', {
      alarmDescription: 'One small job in ten has waited for more than two minutes, for a quarter of an hour',
      threshold: Duration.minutes(2).toMilliseconds(),
      evaluationPeriods: 3,
    });
  }
}
