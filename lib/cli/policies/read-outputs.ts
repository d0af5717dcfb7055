/** To find this environment's URLs and secrets: the outputs of its stacks, or of your own CDK app. */
import { tagKeys } from '../../core/tags.ts';
import { allow, arn, type PolicyStatement, type PolicyTarget } from './policy.ts';

export const readOutputs = (target: PolicyTarget): PolicyStatement =>
  allow(
    'ReadOutputs',
    ['cloudformation:DescribeStacks'],
    stacksOf(target).map((stack) => arn('cloudformation', target, `stack/${stack}/*`)),
  );

const stacksOf = ({ stack, environment }: PolicyTarget): readonly string[] =>
  stack === undefined ? ['state', 'control-plane'].map((part) => `${environment}-${part}`) : [stack];

/** The App's key, to call GitHub as the App. The webhook's secret has the same tag, but is not read. */
export const readApp = (target: PolicyTarget): PolicyStatement =>
  allow('ReadApp', ['secretsmanager:GetSecretValue'], [arn('secretsmanager', target, 'secret:*')], {
    StringEquals: { [`aws:ResourceTag/${tagKeys.environment}`]: target.environment },
  });
