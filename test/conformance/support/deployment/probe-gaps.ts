/** Asks ministack for the smallest resource of each kind that is left out: what it makes after all must be deployed as well. */
import {
  CloudFormationClient,
  CreateStackCommand,
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
  return findings;
}

async function refusalOf(
  client: CloudFormationClient,
  StackName: string,
  gap: LeftOut,
): Promise<string | undefined> {
  const TemplateBody = JSON.stringify({ Resources: { Probe: { Type: gap.type, Properties: gap.probe } } });
  await client.send(new CreateStackCommand({ StackName, TemplateBody }));
  let status = '';
  await until(`the stack of ${gap.type} is made or not`, async () => {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    status = Stacks[0]?.StackStatus ?? '';
    return /(?:COMPLETE|FAILED)$/.test(status);
  });
  if (status === 'CREATE_COMPLETE') return undefined;
  const { StackEvents = [] } = await client.send(new DescribeStackEventsCommand({ StackName }));
  const failed = StackEvents.find(({ ResourceStatus }) => ResourceStatus === 'CREATE_FAILED');
  return failed?.ResourceStatusReason ?? status;
}
