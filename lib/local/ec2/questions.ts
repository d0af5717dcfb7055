/**
 * What IAM must allow before an EC2 call is answered. Approximate: condition keys that are not listed here are absent (so
 * a policy that needs one refuses), and images, subnets and security groups have no tags.
 * Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
 */
import type { IamQuestion } from '../aws/service.ts';
import type { Ec2Account, Instance, LaunchTemplateData } from './account.ts';
import { readFleetPlan, tagsOnCreate } from './create-fleet.ts';
import { type Form, requiredText, tags, texts } from './form.ts';
import { ec2Question, regionContext, requestTags, tagContext } from './iam-context.ts';
import { type AskedPool, launchQuestions } from './launch-questions.ts';
import { readRun } from './run-instances.ts';

/** @param isKnown whether EC2 shows the machine: otherwise IAM sees no tags of it either */
export function ec2Questions(
  account: Ec2Account,
  action: string,
  request: Form,
  isKnown: (instance: Instance) => boolean,
): IamQuestion[] {
  const about = (id: string, more = {}): IamQuestion =>
    ec2Question(account, action, `instance/${id}`, {
      ...resourceTags(account.instances.get(id), isKnown),
      ...more,
    });
  switch (action) {
    case 'CreateFleet':
      return createFleetQuestions(account, request);
    case 'RunInstances':
      return runInstancesQuestions(account, request);
    case 'TerminateInstances':
      return texts(request, 'InstanceId').map((id) => about(id));
    case 'GetConsoleOutput':
      return [about(requiredText(request, 'InstanceId'))];
    case 'CreateTags':
      return texts(request, 'ResourceId').map((id) => about(id, requestTags(tags(request))));
    default:
      return [{ action: `ec2:${action}`, resource: '*', context: regionContext(account) }];
  }
}

/**
 * A machine that EC2 has forgotten has no tags, so a grant with a condition on them refuses: the caller gets
 * UnauthorizedOperation, and InvalidInstanceID.NotFound only if the grant has no such condition.
 * Source: https://github.com/aws/karpenter-provider-aws/issues/2100
 */
const resourceTags = (instance: Instance | undefined, isKnown: (instance: Instance) => boolean) =>
  tagContext(instance && isKnown(instance) ? instance.tags : undefined);

function createFleetQuestions(account: Ec2Account, request: Form): IamQuestion[] {
  const plan = readFleetPlan(account, request);
  const pools = plan.overrides.map(
    ({ template, instanceType, subnet, imageId }): AskedPool => ({
      template,
      instanceType,
      subnetId: subnet.subnetId,
      imageId,
    }),
  );
  const tagged = taggedBy(request, plan.overrides[0]?.template.data ?? {});
  return [
    ec2Question(account, 'CreateFleet', 'fleet/*', requestTags(tagged('fleet'))),
    ...launchQuestions(account, {
      actions: ['ec2:CreateFleet', 'ec2:RunInstances'],
      createAction: 'CreateFleet',
      pools,
      lifecycle: plan.lifecycle,
      tagged,
    }),
  ];
}

function runInstancesQuestions(account: Ec2Account, request: Form): IamQuestion[] {
  const { pool, lifecycle } = readRun(account, request);
  return launchQuestions(account, {
    actions: ['ec2:RunInstances'],
    createAction: 'RunInstances',
    pools: [pool],
    lifecycle,
    tagged: taggedBy(request, pool.template?.data ?? {}),
  });
}

const taggedBy = (request: Form, data: LaunchTemplateData) => (resourceType: string) =>
  tagsOnCreate(request, data, resourceType).map(([key, value]) => ({ key, value }));
