/**
 * Each command of the operator, run under exactly the policy that `mayfly policy` prints for it: nothing is refused, and
 * the policy has no action that the command does not need. Machines and secrets of another environment are out of its reach.
 */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from '@jest/globals';
import { policyNameOf } from '../../lib/cli/command-groups.ts';
import { policies } from '../../lib/cli/policies/policies.ts';
import { ownImageParameters } from '../../lib/config/image-parameters.ts';
import type { PolicyDocument } from '../../lib/local/aws/service.ts';
import config from '../../mayfly.config.ts';
import { ownImage } from '../iam/every-option.ts';
import { commands } from './commands.ts';
import { controllerDays } from './controllers/controller-days.ts';
import { costDays } from './days/cost-days.ts';
import { deploymentDays } from './days/deployment-days.ts';
import { environment, type Person, useOperatorWorld } from './days/operator-world.ts';
import { tenantDays } from './days/tenant-days.ts';
import { ownStack, place } from './operator-account.ts';

const world = useOperatorWorld();
const { account, givenPerson, givenApp } = world;

/** What a person does with each command. */
const days: Readonly<Record<string, (person: Person) => Promise<unknown>>> = {
  ...controllerDays({ account, app: givenApp }),
  ...deploymentDays(world),
  ...tenantDays(world),
  ...costDays(world),
};

const policyOf = (name: string): PolicyDocument =>
  policies
    .find((one) => one.name === policyNameOf(name))!
    .document({
      environment,
      region: place.region,
      account: place.accountId,
      imageParameters: ownImageParameters(ownImage),
      instanceTypes: Object.values(config.tiers).flatMap((tier) => tier.instanceTypes),
    }) as PolicyDocument;

/** What a command tries in order to be refused. */
const wantsRefused: Readonly<Record<string, readonly string[]>> = {
  // Another image; another type and metadata without tokens; a machine that EC2 does not know.
  verify: ['ec2:RunInstances', 'ec2:RunInstances', 'ec2:TerminateInstances'],
};

describe('a person with the policy of a command', () => {
  it.each(Object.keys(days))('%s: has all permissions that it needs, and no others', async (name) => {
    const policy = policyOf(name);
    const person = givenPerson(policy);

    await days[name]!(person);

    expect(person.denials().map(({ action }) => action)).toEqual(wantsRefused[name] ?? []);
    const needed = [policy.Statement]
      .flat()
      .flatMap(({ Sid, Action, Resource }) =>
        [Action]
          .flat()
          .flatMap((action) => [Resource].flat().map((resource) => `${Sid} ${action} ${resource}`)),
      );
    const used = person.uses().map(({ sid, action, resource }) => `${sid} ${action} ${resource}`);
    expect(used.toSorted()).toEqual(needed.toSorted());
  });

  it('reads only the outputs of the policy’s stack', async () => {
    await givenApp();
    const { document } = policies.find(({ name }) => name === 'rotate-webhook-secret')!;
    const there = { environment, region: place.region, account: place.accountId, stack: ownStack };
    const person = givenPerson(document(there) as PolicyDocument);
    const rotate = ['rotate-webhook-secret', '--wait', '0'];
    expect(await person.run([...rotate, '--stack', ownStack])).toMatchObject({ status: 0 });
    expect(person.denials()).toEqual([]);
    expect(await person.run(rotate)).toMatchObject({ status: 2 });
    expect(person.denials()).toMatchObject([{ action: 'cloudformation:DescribeStacks' }]);
  });

  it('exists for every command that calls AWS', () => {
    const calling = commands
      .filter(({ isWithoutAws, name }) => !isWithoutAws && name !== 'policy')
      .map(({ name }) => name);
    const own = Object.keys(days).filter((name) => !name.includes(' --'));
    expect(own.toSorted()).toEqual(calling.toSorted());
  });

  it('fails if any action is missing, or goes on without it, and names it', async () => {
    const whole = policyOf('status');
    const { status: usual } = await givenPerson(whole).run(['status']);
    for (const gone of [whole.Statement].flat()) {
      const person = givenPerson({ Statement: [whole.Statement].flat().filter((one) => one !== gone) });
      const { status, error } = await person.run(['status']);
      const action = String([gone.Action].flat()[0]);
      // Policies that were made from an earlier version lack it.
      const isSpared = action === 'lambda:ListEventSourceMappings';
      expect([status, error]).toEqual([isSpared ? usual : 2, expect.stringContaining(action)]);
      expect(person.denials()).toMatchObject([{ action }]);
    }
  });

  it("does not reach another environment's machines and secrets", async () => {
    const stranger = await account().launch('other');
    const reader = givenPerson(policyOf('logs'));
    expect(await reader.run(['logs', stranger])).toMatchObject({ status: 2 });
    expect(reader.denials()).toMatchObject([{ action: 'ec2:GetConsoleOutput' }]);

    const elsewhere = policies.find(({ name }) => name === 'setup')!;
    const others = givenPerson(
      elsewhere.document({
        environment: 'other',
        region: place.region,
        account: place.accountId,
      }) as PolicyDocument,
    );
    const client = new SecretsManagerClient({
      endpoint: account().endpoint.url,
      region: place.region,
      credentials: others.credentials,
      maxAttempts: 1,
    });
    const reading = client.send(new GetSecretValueCommand({ SecretId: 'StateAppSecret' }));
    await expect(reading).rejects.toThrow(/not authorized/);
    client.destroy();
  });
});
