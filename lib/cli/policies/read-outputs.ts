/** To find this environment's addresses and secrets: the outputs of its stacks, or of one's own CDK app. */
import { allow, arn, type Place, type PolicyStatement } from './policy.ts';

export const readOutputs = (place: Place): PolicyStatement =>
  allow(
    'ReadOutputs',
    ['cloudformation:DescribeStacks'],
    stacksOf(place).map((stack) => arn('cloudformation', place, `stack/${stack}/*`)),
  );

const stacksOf = ({ stack, environment }: Place): readonly string[] =>
  stack === undefined ? ['state', 'control-plane'].map((part) => `${environment}-${part}`) : [stack];
