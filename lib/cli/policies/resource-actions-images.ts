/** What builds machine images, and the parameters from which launch templates take them. Only if images are configured. */
import { arn, globalArn, type PolicyTarget } from './policy.ts';
import type { ResourceActionsByType } from './resource-action.ts';

/** Create, read, delete, and the other calls for one. */
function handlers(noun: string, kind: string, more: readonly string[] = [], version = '') {
  const verbs = ['Create', 'Delete', 'Get', ...more].map((verb) => `imagebuilder:${verb}${noun}`);
  const tags = ['imagebuilder:TagResource', 'imagebuilder:UntagResource'];
  const on = (target: PolicyTarget) => [
    arn('imagebuilder', target, `${kind}/${target.environment}-*${version}`),
  ];
  return [{ actions: [...verbs, ...tags], on }];
}

const passRoles = {
  actions: ['iam:PassRole'],
  on: (target: PolicyTarget) => [globalArn('iam', target, `role/${target.environment}-*`)],
};

/** Image Builder's service-linked role, which the account's first pipeline needs. */
const ownRole = {
  actions: ['iam:CreateServiceLinkedRole'],
  on: (target: PolicyTarget) => [
    globalArn(
      'iam',
      target,
      'role/aws-service-role/imagebuilder.amazonaws.com/AWSServiceRoleForImageBuilder',
    ),
  ],
};

const lookAtImages = { actions: ['ec2:DescribeImages'], on: () => ['*'] };

export const imageResources: ResourceActionsByType = {
  'AWS::ImageBuilder::Component': handlers('Component', 'component', [], '/*'),
  'AWS::ImageBuilder::ImageRecipe': [...handlers('ImageRecipe', 'image-recipe', [], '/*'), lookAtImages],
  'AWS::ImageBuilder::InfrastructureConfiguration': [
    ...handlers('InfrastructureConfiguration', 'infrastructure-configuration', ['Update']),
    {
      actions: ['iam:GetInstanceProfile'],
      on: (target) => [globalArn('iam', target, `instance-profile/${target.environment}-*`)],
    },
    passRoles,
  ],
  'AWS::ImageBuilder::DistributionConfiguration': handlers(
    'DistributionConfiguration',
    'distribution-configuration',
    ['Update'],
  ),
  'AWS::ImageBuilder::ImagePipeline': [...handlers('ImagePipeline', 'image-pipeline', ['Update']), ownRole],
  'AWS::ImageBuilder::LifecyclePolicy': [
    ...handlers('LifecyclePolicy', 'lifecycle-policy', ['Update']),
    passRoles,
  ],
  'AWS::SSM::Parameter': [
    {
      actions: [
        'ssm:AddTagsToResource',
        'ssm:DeleteParameter',
        'ssm:GetParameters',
        'ssm:ListTagsForResource',
        'ssm:PutParameter',
        'ssm:RemoveTagsFromResource',
      ],
      on: (target) => [arn('ssm', target, `parameter/imagebuilder/${target.environment}/*`)],
    },
    lookAtImages,
  ],
};
