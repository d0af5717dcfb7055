/**
 * A program of its own, which the CDK's CLI runs: the app as delivered, with GitHub at the address of our stand-in, less
 * the few resources that ministack cannot make.
 */
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnResource } from 'aws-cdk-lib/core';
import { createApp } from '../../../../lib/stacks/synthesize.ts';
import { deployedConfig } from './deployed-config.ts';
import { leftOut } from './stand-in-gaps.ts';

const [githubUrl = ''] = process.argv.slice(2);
const app = createApp(deployedConfig(githubUrl));
for (const resource of app.node.findAll()) {
  if (!CfnResource.isCfnResource(resource)) continue;
  const gap = leftOut.find(({ type }) => type === resource.cfnResourceType);
  if (!gap) continue;
  if (resource instanceof CfnAlarm) simplify(resource);
  else resource.node.scope?.node.tryRemoveChild(resource.node.id);
}
app.synth();

/** The dashboard refers to the alarm, so it stays, with a metric in place of its formula. */
function simplify(alarm: CfnAlarm): void {
  if (alarm.metrics === undefined) return;
  alarm.addPropertyDeletionOverride('Metrics');
  alarm.addPropertyOverride('Namespace', 'AWS/Lambda');
  alarm.addPropertyOverride('MetricName', 'Errors');
  alarm.addPropertyOverride('Statistic', 'Sum');
  alarm.addPropertyOverride('Period', 60);
}
