/** What every Compute promises, on any implementation. */
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FleetPlan, fleetRequest } from '../../lib/core/fleet-request.ts';
import { InstanceId, LaunchId } from '../../lib/core/ids.ts';
import type { Compute, LaunchAnswer } from '../../lib/ports/compute.ts';
import { acme, small } from '../support/given.ts';

export interface ComputeWorld {
  readonly compute: Compute;
  readonly subnetId: string;
  limitPool(instanceType: string, market: 'spot' | 'on-demand', available: number): void;
  throttleNextLaunch(): void;
  /** The machines start, but the answer is lost. */
  loseNextAnswer(): void;
  hideNew(): void;
  /** EC2 has forgotten the machines that ended before. */
  forgetEnded(): Promise<void>;
  /** All live machines, known or not. */
  live(): Promise<InstanceId[]>;
  close(): Promise<void>;
}

export function computeContract(name: string, open: () => Promise<ComputeWorld>): void {
  describe(`compute ${name}`, () => {
    let world: ComputeWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    const pools = (...types: string[]) =>
      types.map((instanceType) => ({ instanceType, subnetId: world.subnetId }));
    const request = (over: Partial<FleetPlan> = {}) =>
      fleetRequest({
        environment: 'test',
        installationId: acme,
        tier: small,
        launchId: LaunchId('launch-1'),
        level: 'organization',
        ticket: 'ticket',
        launchTemplateName: 'test-small',
        pools: pools('t3.medium', 't3.large'),
        market: 'on-demand',
        machines: 2,
        ...over,
      });

    it('starts what is asked for, of the first type that has room', async () => {
      const { instances, failures } = answered(await world.compute.launch(request()));
      expect(failures).toEqual([]);
      expect(instances).toHaveLength(2);
      expect(instances).toMatchObject([
        { instanceType: 't3.medium', spot: false },
        { instanceType: 't3.medium' },
      ]);
      expect(instances.map(({ instanceId }) => instanceId).sort()).toEqual((await world.live()).sort());
    });

    it('starts nothing more for the same request', async () => {
      const first = answered(await world.compute.launch(request()));
      const again = answered(await world.compute.launch(request()));
      expect(ids(again)).toEqual(ids(first));
      expect(await world.live()).toHaveLength(2);
    });

    it('returns an unclear result for a token of another request', async () => {
      await world.compute.launch(request());
      const answer = await world.compute.launch(request({ machines: 1 }));
      expect(answer).toMatchObject({ kind: 'unclear', failure: { code: 'IdempotentParameterMismatch' } });
      expect(await world.live()).toHaveLength(2);
    });

    it('says why it started fewer than asked for', async () => {
      world.limitPool('t3.medium', 'spot', 1);
      const asked = request({ market: 'spot', pools: pools('t3.medium'), machines: 3 });
      const { instances, failures } = answered(await world.compute.launch(asked));
      expect(instances).toMatchObject([{ instanceType: 't3.medium', spot: true, subnetId: world.subnetId }]);
      const pool = { market: 'spot', instanceType: 't3.medium', subnetId: world.subnetId };
      expect(failures).toMatchObject([{ class: 'capacity', code: 'InsufficientInstanceCapacity', pool }]);
    });

    it('is refused when throttled, having started nothing, and can be asked again', async () => {
      world.throttleNextLaunch();
      const refused = await world.compute.launch(request());
      expect(refused).toMatchObject({
        kind: 'refused',
        failure: { class: 'throttled', code: 'RequestLimitExceeded' },
      });
      expect(await world.live()).toEqual([]);
      expect(answered(await world.compute.launch(request())).instances).toHaveLength(2);
    });

    it('finds by its tag a launch whose answer was lost', async () => {
      world.loseNextAnswer();
      expect((await world.compute.launch(request())).kind).toBe('unclear');
      expect(await world.live()).toHaveLength(2);
      const found = await world.compute.findByLaunch(LaunchId('launch-1'));
      expect(found).toMatchObject([{ instanceType: 't3.medium', spot: false }, {}]);
      expect(ids({ instances: found })).toEqual((await world.live()).sort());
      expect(await world.compute.findByLaunch(LaunchId('launch-2'))).toEqual([]);
    });

    it('starts nothing more for a launch whose answer was lost', async () => {
      world.loseNextAnswer();
      await world.compute.launch(request());
      await world.compute.launch(request());
      expect(await world.live()).toHaveLength(2);
    });

    it('ends machines, ended ones too, and names those that it does not know', async () => {
      const { instances } = answered(await world.compute.launch(request()));
      const [one, two] = instances.map(({ instanceId }) => instanceId) as [InstanceId, InstanceId];
      const stranger = InstanceId('i-0aaaaaaaaaaaaaaaa');
      expect(await world.compute.terminate([one])).toEqual({ accepted: [one], unknown: [] });
      const { accepted, unknown } = await world.compute.terminate([stranger, one, two]);
      expect(accepted.sort()).toEqual([one, two].sort());
      expect(unknown).toEqual([stranger]);
      expect(await world.live()).toEqual([]);
      expect(await world.compute.terminate([])).toEqual({ accepted: [], unknown: [] });
    });

    it('ends a machine beside one that EC2 has forgotten', async () => {
      const { instances } = answered(await world.compute.launch(request()));
      const [over, lives] = instances.map(({ instanceId }) => instanceId) as [InstanceId, InstanceId];
      await world.compute.terminate([over]);
      await world.forgetEnded();
      expect(await world.compute.terminate([over, lives])).toEqual({ accepted: [lives], unknown: [over] });
      expect(await world.live()).toEqual([]);
    });

    it('returns what a machine printed, and nothing for an unknown one', async () => {
      const { instances } = answered(await world.compute.launch(request({ machines: 1 })));
      const [one] = instances.map(({ instanceId }) => instanceId) as [InstanceId];
      expect(await world.compute.readConsole(one)).toEqual(expect.any(String));
      const unknown = world.compute.readConsole(InstanceId('i-0aaaaaaaaaaaaaaaa'));
      await expect(unknown).rejects.toMatchObject({ code: 'InvalidInstanceID.NotFound' });
    });

    it('describes the machines that it knows, and leaves out the others', async () => {
      const { instances } = answered(await world.compute.launch(request({ machines: 1 })));
      const [one] = instances.map(({ instanceId }) => instanceId) as [InstanceId];
      const described = await world.compute.describe([InstanceId('i-0aaaaaaaaaaaaaaaa'), one]);
      expect(described.map(({ instanceId }) => instanceId)).toEqual([one]);
      expect(['pending', 'running']).toContain(described[0]?.state);
      expect(await world.compute.describe([])).toEqual([]);
    });

    it('lists the machines of one environment that have not ended, with their tenants', async () => {
      const { instances } = answered(await world.compute.launch(request()));
      await world.compute.launch(request({ launchId: LaunchId('launch-2'), environment: 'other' }));
      const [over, lives] = instances.map(({ instanceId }) => instanceId) as [InstanceId, InstanceId];
      await world.compute.terminate([over]);
      const { machines, cursor } = await world.compute.listMachines({ environment: 'test' });
      expect(cursor).toBeUndefined();
      expect(machines).toEqual([
        { instanceId: lives, launchId: 'launch-1', installationId: acme, launchedAt: expect.any(Number) },
      ]);
    });

    it('may fail to show a living machine', async () => {
      world.hideNew();
      const { instances } = answered(await world.compute.launch(request({ machines: 1 })));
      const [hidden] = instances.map(({ instanceId }) => instanceId) as [InstanceId];
      expect(await world.compute.describe([hidden])).toEqual([]);
      expect(await world.compute.findByLaunch(LaunchId('launch-1'))).toEqual([]);
      expect(await world.compute.terminate([hidden])).toEqual({ accepted: [], unknown: [hidden] });
      expect(await world.live()).toEqual([hidden]);
    });
  });
}

function answered(answer: LaunchAnswer) {
  if (answer.kind !== 'answered') throw new Error(`The launch was ${answer.kind}: ${answer.failure.code}`);
  return answer;
}

const ids = ({ instances }: { instances: readonly { instanceId: InstanceId }[] }) =>
  instances.map(({ instanceId }) => instanceId).sort();
