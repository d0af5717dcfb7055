/** CloudFormation, as far as an operator's commands need it: the outputs of the stacks that the laptop runs. */
import { AwsError, type AwsService } from './service.ts';
import { element, escapeXml } from './xml.ts';

const namespace = 'http://cloudformation.amazonaws.com/doc/2010-05-15/';

export interface CloudFormationService extends AwsService {
  /** @param outputs by `stack.Name`; other names are ignored */
  setOutputs(outputs: Readonly<Record<string, string>>): void;
}

export function createCloudFormationService(): CloudFormationService {
  const stacks = new Map<string, [string, string][]>();
  return {
    service: 'cloudformation',
    setOutputs(outputs) {
      for (const [name, value] of Object.entries(outputs)) {
        const [stack, output] = name.split('.');
        if (stack && output) stacks.set(stack, [...(stacks.get(stack) ?? []), [output, value]]);
      }
    },
    questions: ({ action, region, accountId, input }) => [
      {
        action: `cloudformation:${action}`,
        resource: `arn:aws:cloudformation:${region}:${accountId}:stack/${String(input['StackName'] ?? '*')}/*`,
        context: {},
      },
    ],
    async handle({ action, input }) {
      if (action !== 'DescribeStacks') {
        throw new AwsError(
          'InvalidAction',
          `The laptop's CloudFormation has no ${action}; it has DescribeStacks.`,
        );
      }
      const name = input['StackName'];
      const wanted = name === undefined ? [...stacks.keys()] : [String(name)];
      const members = wanted.map((stack) => stackXml(stack, stacks.get(stack))).join('');
      const result = element('DescribeStacksResult', element('Stacks', members));
      return {
        status: 200,
        headers: { 'content-type': 'text/xml' },
        body: `<DescribeStacksResponse xmlns="${namespace}">${result}</DescribeStacksResponse>`,
      };
    },
  };
}

function stackXml(name: string, outputs: readonly [string, string][] | undefined): string {
  if (!outputs) throw new AwsError('ValidationError', `Stack with id ${name} does not exist`);
  const members = outputs.map(([key, value]) =>
    element('member', element('OutputKey', escapeXml(key)) + element('OutputValue', escapeXml(value))),
  );
  return element(
    'member',
    element('StackName', escapeXml(name)) +
      element('StackStatus', 'CREATE_COMPLETE') +
      element('CreationTime', new Date(0).toISOString()) +
      element('Outputs', members.join('')),
  );
}
