/** To find this environment's URLs and secrets: the outputs of its stacks, or of your own CDK app. */
import { tagKeys } from '../../core/tags.ts';
import { allow, arn, type Place, type PolicyStatement } from './policy.ts';

export const readOutputs = (place: Place): PolicyStatement =>
  allow(
    'ReadOutputs',
    ['cloudformation:DescribeStacks'],
    stacksOf(place).map((stack) => arn('cloudformation', place, `stack/${stack}/*`)),
  );

const stacksOf = ({ stack, environment }: Place): readonly string[] =>
  stack === undefined ? ['state', 'control-plane'].map((part) => `${environment}-${part}`) : [stack];

/** The App's key, to call GitHub as the App. The webhook's secret has the same tag, but is not read. */
export const readApp = (place: Place): PolicyStatement =>
  allow('ReadApp', ['secretsmanager:GetSecretValue'], [arn('secretsmanager', place, 'secret:*')], {
    StringEquals: { [`aws:ResourceTag/${tagKeys.environment}`]: place.environment },
  });
