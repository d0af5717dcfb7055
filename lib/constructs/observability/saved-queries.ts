/**
 * Saved CloudWatch Logs Insights queries for common questions, over the logs of all functions. They use the fields that
 * every event has: installationId, jobId, instanceId, launchId, tier, reason. Replace the 0 with an id.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 */
import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { Deployment } from '../../contract/deployment.ts';
import { namesOf } from '../../contract/resource-names.ts';

const story = 'fields @timestamp, level, event, installationId, jobId, instanceId, launchId, tier, reason';

/** By name. CloudWatch shows names with slashes as folders. */
export const savedQueries: Readonly<Record<string, readonly string[]>> = {
  // A batch is one line that lists its jobs.
  'What happened to job 0': [
    story,
    'filter jobId = 0 or @message like /"jobIds":\\[[^\\]]*\\b0\\b/',
    'sort @timestamp asc',
    'limit 200',
  ],
  'What happened to tenant 0': [story, 'filter installationId = 0', 'sort @timestamp desc', 'limit 1000'],
  'What happened to runner i-0': [
    story,
    'filter instanceId = "i-0" or @message like /"i-0"/',
    'sort @timestamp asc',
    'limit 200',
  ],
  'Why launches fail': [
    'filter event = "launch" and result != "started"',
    'stats count(*) as launches, latest(@timestamp) as last by tier, result, failures.0.code, failures.0.message',
    'sort launches desc',
  ],
  'Why jobs were refused': [
    'filter event in ["job-refused", "job-expired"]',
    'stats count(*) as jobs, count_distinct(installationId) as tenants by reason',
    'sort jobs desc',
  ],
  'Why jobs wait now': [
    'filter event = "census" and JobsWaiting > 0',
    'parse @message /"reasons":\\{(?<reasons>[^}]*)\\}/',
    'fields @timestamp, tier, JobsWaiting, OldestWaitSeconds, OldestUnexplainedWaitSeconds, reasons',
    'sort @timestamp desc',
    'limit 100',
  ],
  'Who waited long': [
    'filter event = "job-started"',
    'stats count(*) as jobs, max(AcceptedToLeasedMilliseconds) as longestForALease, ' +
      'max(QueuedToStartedMilliseconds) as longestInAll by installationId, tier',
    'sort longestForALease desc',
    'limit 50',
  ],
  'Machines that never asked for a job': [
    'filter event = "runner-ended" and ispresent(console)',
    'fields @timestamp, tier, instanceId, installationId, reason, console',
    'sort @timestamp desc',
    'limit 50',
  ],
  'Refused claims': [
    story,
    'filter event in ["claim-refused", "confirm-refused"]',
    'sort @timestamp desc',
    'limit 500',
  ],
  Errors: [
    'fields @timestamp, @log, event, reason, error, @message',
    'filter level = "error" or @message like /Task timed out|Runtime\\.|errorType/',
    'sort @timestamp desc',
    'limit 200',
  ],
  'What was repaired': [
    'filter event = "repair"',
    'stats count(*) as repairs by kind, tier, bin(1h)',
    'sort repairs desc',
  ],
};

export function createSavedQueries(scope: Construct, deployment: Deployment): CfnQueryDefinition[] {
  const { logGroups } = namesOf(deployment);
  return Object.entries(savedQueries).map(
    ([name, lines], n) =>
      new CfnQueryDefinition(scope, `Query${n + 1}`, {
        name: `${deployment.environment}/${name}`,
        logGroupNames: [...logGroups],
        queryString: lines.join('\n| '),
      }),
  );
}
