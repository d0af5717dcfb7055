/**
 * The EC2 calls, by name. Each reads its form, does its work, and returns the members of its answer. None of them waits
 * for anything, so calls never overlap.
 */
import { asDescribed, type Ec2Account, findInstances, type Instance } from './account.ts';
import { createFleet, type UsedTokens } from './create-fleet.ts';
import { describeFleets } from './describe-fleets.ts';
import { describeInstances, stateXml } from './describe-instances.ts';
import { describeVolumes } from './describe-volumes.ts';
import type { Ec2Dials } from './dials.ts';
import { type Form, requiredText, tags, texts } from './form.ts';
import type { Machines } from './machines.ts';
import { runInstances } from './run-instances.ts';
import { describeSpotPriceHistory } from './spot-price.ts';
import { checkTag } from './tag-rules.ts';
import type { Members } from './xml.ts';

export interface CallDeps {
  readonly account: Ec2Account;
  readonly machines: Machines;
  readonly dials: () => Ec2Dials;
  /** Whether EC2 shows the machine now. */
  readonly isVisible: (instance: Instance) => boolean;
}

export type Calls = Readonly<Record<string, (form: Form) => Members>>;

export function createCalls({ account, machines, dials, isVisible }: CallDeps): Calls {
  const usedTokens: UsedTokens = new Map();
  const fleetDeps = { account, dials, now: Date.now, launch: machines.launch };
  const findVisible = (instanceIds: readonly string[]) => {
    const visible = [...account.instances].filter(([, instance]) => isVisible(instance));
    return findInstances({ ...account, instances: new Map(visible) }, instanceIds);
  };
  return {
    CreateFleet: (form) => createFleet(fleetDeps, usedTokens, form),
    RunInstances: runInstances,
    DescribeVolumes: (form) => describeVolumes(account, form),
    DescribeFleets: (form) =>
      describeFleets(account, form, ({ createdAt }) => Date.now() - createdAt >= dials().lagMilliseconds),
    DescribeSpotPriceHistory: (form) => describeSpotPriceHistory(account, form, Date.now()),
    DescribeInstances: (form) =>
      describeInstances(account, form, {
        isVisible,
        asDescribed: (instance) => asDescribed(instance, { now: Date.now(), ...dials() }),
      }),
    TerminateInstances: (form) => ({
      instancesSet: findVisible(texts(form, 'InstanceId')).map((instance) => {
        const previousState = stateXml(instance.state);
        machines.end(instance, { to: 'terminated', ...endedByUser });
        return { instanceId: instance.instanceId, currentState: stateXml(instance.state), previousState };
      }),
    }),
    GetConsoleOutput: (form) => {
      const [instance] = findVisible([requiredText(form, 'InstanceId')]) as [Instance];
      return {
        instanceId: instance.instanceId,
        timestamp: new Date().toISOString(),
        output: Buffer.from(instance.console).toString('base64'),
      };
    },
    CreateTags: (form) => {
      const given = tags(form);
      const instances = findVisible(texts(form, 'ResourceId'));
      for (const instance of instances) for (const tag of given) checkTag(tag, instance.template.data);
      for (const instance of instances) for (const tag of given) instance.tags.set(tag.key, tag.value);
      return { return: true };
    },
  };
}

const endedByUser = {
  code: 'Client.UserInitiatedShutdown',
  message: 'Client.UserInitiatedShutdown: User initiated shutdown',
};
