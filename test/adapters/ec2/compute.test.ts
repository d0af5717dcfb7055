/** The EC2 adapter with answers that are hard to produce: pages, several unknown ids, errors that name none. */
import { describe, expect, it } from '@jest/globals';
import type { Ec2Clients } from '../../../lib/adapters/ec2/clients.ts';
import { createCompute } from '../../../lib/adapters/ec2/compute.ts';
import type { FleetRequest } from '../../../lib/core/fleet-request.ts';
import { InstanceId, LaunchId } from '../../../lib/core/ids.ts';
import { failsAfter, unanswered } from '../../support/virtual-deadlines.ts';

type Input = Record<string, unknown>;

/** EC2 as one function from a call's input to its answer; it records the inputs. */
function givenEc2(answer: (input: Input, call: number) => Input) {
  const asked: Input[] = [];
  const client = {
    send: async ({ input }: { input: Input }) => {
      asked.push(input);
      return answer(input, asked.length);
    },
  };
  return { asked, compute: createCompute({ launching: client, asking: client } as unknown as Ec2Clients) };
}

function fail(name: string, message: string): never {
  throw Object.assign(new Error(message), { name, $metadata: { httpStatusCode: 400 } });
}

const id = (n: number) => InstanceId(`i-${n.toString(16).padStart(17, '0')}`);
const some = (count: number) => Array.from({ length: count }, (_, n) => id(n));

describe('readConsole', () => {
  const output = Buffer.from('mayfly boot ✓\n').toString('base64');

  it('requests the latest output, and returns it as text', async () => {
    const { asked, compute } = givenEc2(() => ({ Output: output }));
    expect(await compute.readConsole(id(1))).toBe('mayfly boot ✓\n');
    expect(asked).toEqual([{ InstanceId: id(1), Latest: true }]);
  });

  it('requests the posted output if EC2 cannot return the latest', async () => {
    const { asked, compute } = givenEc2(({ Latest }) =>
      Latest ? fail('UnsupportedOperation', 'Latest is not supported') : { Output: output },
    );
    expect(await compute.readConsole(id(1))).toBe('mayfly boot ✓\n');
    expect(asked.map(({ Latest }) => Latest)).toEqual([true, false]);
  });

  it('is empty if nothing was printed yet, and is requested once if it is throttled', async () => {
    expect(await givenEc2(() => ({})).compute.readConsole(id(1))).toBe('');
    const { asked, compute } = givenEc2(() => fail('RequestLimitExceeded', 'Slow down'));
    await expect(compute.readConsole(id(1))).rejects.toMatchObject({ code: 'RequestLimitExceeded' });
    expect(asked).toHaveLength(1);
  });
});

describe('a console that EC2 does not show', () => {
  it('is awaited for two seconds', async () => {
    const client = {
      send: (_: unknown, { abortSignal }: { abortSignal: AbortSignal }) => unanswered(abortSignal),
    };
    const compute = createCompute({ launching: client, asking: client } as unknown as Ec2Clients);
    expect(await failsAfter(() => compute.readConsole(id(1)))).toBe(2_000);
  });
});

describe('launch', () => {
  const request = {} as FleetRequest;
  const made = { FleetId: 'fleet-1' };
  const machine = { InstanceIds: [id(1)], InstanceType: 't3.medium', Lifecycle: 'on-demand' };
  const dry = { ErrorCode: 'InsufficientInstanceCapacity', ErrorMessage: 'none' };

  it('reads the result from the fleet, if EC2 lists no machines for a repeated token', async () => {
    const { asked, compute } = givenEc2((input) =>
      input['FleetIds'] ? { Fleets: [{ ...made, Instances: [machine], Errors: [dry] }] } : made,
    );
    expect(await compute.launch(request)).toMatchObject({
      kind: 'answered',
      instances: [{ instanceId: id(1), instanceType: 't3.medium' }],
      failures: [{ class: 'capacity' }],
    });
    expect(asked[1]).toEqual({ FleetIds: ['fleet-1'] });
  });

  it('blames a type that a zone does not offer on that pool alone', async () => {
    const LaunchTemplateAndOverrides = { Overrides: { InstanceType: 't3.medium', SubnetId: 'subnet-a' } };
    const error = {
      ErrorCode: 'InvalidFleetConfiguration',
      Lifecycle: 'on-demand',
      LaunchTemplateAndOverrides,
    };
    const { compute } = givenEc2(() => ({ ...made, Instances: [machine], Errors: [error] }));
    expect(await compute.launch(request)).toMatchObject({
      instances: [{}],
      failures: [{ class: 'unoffered', pool: { instanceType: 't3.medium', subnetId: 'subnet-a' } }],
    });
    const refused = givenEc2(() => fail('InvalidFleetConfiguration', 'all of it')).compute;
    expect(await refused.launch(request)).toMatchObject({ kind: 'refused', failure: { class: 'fatal' } });
  });

  it.each([
    ['is not shown', () => fail('InvalidFleetId.NotFound', 'unknown')],
    ['may not be read', () => fail('UnauthorizedOperation', 'Not you')],
    ['contains nothing either', () => ({ Fleets: [made] })],
  ])('is unclear where the fleet %s', async (_case, fleet) => {
    const { compute } = givenEc2((input) => (input['FleetIds'] ? fleet() : made));
    expect(await compute.launch(request)).toMatchObject({
      kind: 'unclear',
      failure: { code: 'FleetNotShown' },
    });
  });
});

describe('terminate', () => {
  it('removes every id that EC2 names as unknown, and sends the rest again', async () => {
    const unknown = [id(1), id(3)];
    const { asked, compute } = givenEc2((input) =>
      (input['InstanceIds'] as string[]).some((one) => unknown.includes(InstanceId(one)))
        ? fail('InvalidInstanceID.NotFound', `The instance IDs '${unknown.join(', ')}' do not exist`)
        : {},
    );
    expect(await compute.terminate(some(4))).toEqual({ accepted: [id(0), id(2)], unknown });
    expect(asked).toHaveLength(2);
  });

  it('gives up if the error names none of the ids, and does not call them unknown', async () => {
    const { asked, compute } = givenEc2(() => fail('InvalidInstanceID.NotFound', 'Something does not exist'));
    await expect(compute.terminate(some(2))).rejects.toMatchObject({ code: 'InvalidInstanceID.NotFound' });
    expect(asked).toHaveLength(1);
  });

  it('trusts no other error, even if it names an id', async () => {
    const { compute } = givenEc2(() => fail('OperationNotPermitted', `${id(0)} is protected`));
    await expect(compute.terminate(some(1))).rejects.toMatchObject({
      code: 'OperationNotPermitted',
      retryable: true,
    });
  });

  it('removes ids that EC2 has forgotten, which it reports as a missing permission', async () => {
    const forgotten = [id(1), id(3)];
    const { asked, compute } = givenEc2((input) => {
      const ids = (input['InstanceIds'] ?? []) as string[];
      if (ids.some((one) => forgotten.includes(InstanceId(one)))) fail('UnauthorizedOperation', 'Not you');
      return input['Filters']
        ? { Reservations: [{ Instances: [{ InstanceId: id(0) }, { InstanceId: id(2) }] }] }
        : {};
    });
    expect(await compute.terminate(some(4))).toEqual({ accepted: [id(0), id(2)], unknown: forgotten });
    expect(asked[1]).toMatchObject({ Filters: [{ Name: 'instance-id', Values: some(4) }] });
    expect(asked).toHaveLength(3);
  });

  it('reports that the permission is missing if EC2 knows all of the ids', async () => {
    const { asked, compute } = givenEc2((input) =>
      input['Filters']
        ? { Reservations: [{ Instances: some(2).map((InstanceId) => ({ InstanceId })) }] }
        : fail('UnauthorizedOperation', 'Not you'),
    );
    await expect(compute.terminate(some(2))).rejects.toMatchObject({ code: 'UnauthorizedOperation' });
    expect(asked).toHaveLength(2);
  });

  it('sends many ids in several calls, each id once', async () => {
    const { asked, compute } = givenEc2(() => ({}));
    const { accepted } = await compute.terminate([...some(120), ...some(120)]);
    expect(accepted).toEqual(some(120));
    expect(asked.map((input) => (input['InstanceIds'] as string[]).length)).toEqual([50, 50, 20]);
  });
});

describe('describe', () => {
  it('reads all pages, and asks for at most 200 ids at a time', async () => {
    const page = (n: number) => ({
      Reservations: [{ Instances: [{ InstanceId: id(n), State: { Name: 'running' } }] }],
    });
    const { asked, compute } = givenEc2((_input, call) =>
      call === 1 ? { ...page(1), NextToken: 'more' } : page(call),
    );
    const found = await compute.describe(some(201));
    expect(found.map(({ instanceId }) => instanceId)).toEqual([id(1), id(2), id(3)]);
    expect(asked.map((input) => input['NextToken'])).toEqual([undefined, 'more', undefined]);
  });

  it('throws rather than leaving out machines beyond the last page that it may read', async () => {
    const { asked, compute } = givenEc2(() => ({ Reservations: [], NextToken: 'more' }));
    await expect(compute.findByLaunch(LaunchId('l1'))).rejects.toMatchObject({ name: 'OperationalError' });
    expect(asked).toHaveLength(10);
  });
});
