/**
 * Asks ministack for the smallest resource of each kind that is left out, and to delete a stack as `cdk destroy` does: what it
 * can do after all must be checked as well.
 */
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { until } from '../../../e2e/support/until.ts';
import { type LeftOut, leftOut } from './stand-in-gaps.ts';

/** @returns a finding for each gap that is none, or is another one than is written */
export async function probeGaps(endpoint: string): Promise<string[]> {
  const client = new CloudFormationClient({ endpoint });
  const findings: string[] = [];
  for (const [index, gap] of leftOut.entries()) {
    const refusal = await refusalOf(client, `probe-${index}`, gap);
    if (refusal === undefined) {
      findings.push(`ministack makes ${gap.type} now (${gap.what}): take it out of stand-in-gaps.ts`);
    } else if (!gap.refusal.test(refusal)) {
      findings.push(`ministack refuses ${gap.type} for another reason than is written: ${refusal}`);
    }
  }
  if (await deletesByArn(client)) {
    findings.push('ministack deletes a stack by its ARN now: let the check try cdk destroy');
  }
  return findings;
}

/** The CDK's CLI names a stack by its ARN, and ministack then answers without having deleted anything. */
async function deletesByArn(client: CloudFormationClient): Promise<boolean> {
  const StackName = 'probe-deletion';
  const TemplateBody = JSON.stringify({ Resources: { Probe: { Type: 'AWS::SNS::Topic' } } });
  const { StackId } = await client.send(new CreateStackCommand({ StackName, TemplateBody }));
  await untilSettled(client, StackName);
  await client.send(new DeleteStackCommand({ StackName: StackId }));
  // It deletes in the background: another stack, asked for later, is made when this one would be gone.
  await client.send(new CreateStackCommand({ StackName: `${StackName}-later`, TemplateBody }));
  await untilSettled(client, `${StackName}-later`);
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: StackId }));
  return Stacks[0]?.StackStatus !== 'CREATE_COMPLETE';
}

/** @returns the status in which nothing happens to it any more */
async function untilSettled(client: CloudFormationClient, StackName: string): Promise<string> {
  let status = '';
  await until(`the stack ${StackName} is made or not`, async () => {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    status = Stacks[0]?.StackStatus ?? '';
    return /(?:COMPLETE|FAILED)$/.test(status);
  });
  return status;
}

async function refusalOf(
  client: CloudFormationClient,
  StackName: string,
  gap: LeftOut,
): Promise<string | undefined> {
  const TemplateBody = JSON.stringify({ Resources: { Probe: { Type: gap.type, Properties: gap.probe } } });
  await client.send(new CreateStackCommand({ StackName, TemplateBody }));
  const status = await untilSettled(client, StackName);
  if (status === 'CREATE_COMPLETE') return undefined;
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName }));
  const failed = StackEvents.find(({ ResourceStatus }) => ResourceStatus === 'CREATE_FAILED');
  return failed?.ResourceStatusReason ?? status;
}
