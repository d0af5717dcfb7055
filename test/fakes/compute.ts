/**
 * EC2 in memory: machines with states, launches that a ClientToken makes idempotent, pools that run dry.
 * Every failure that EC2 has for a launch is a dial. It starts no process, and no time passes in it.
 */
import type { FleetRequest } from '../../lib/core/fleet-request.ts';
import { InstallationId, InstanceId, LaunchId } from '../../lib/core/ids.ts';
import { tagKeys } from '../../lib/core/tags.ts';
import type {
  Compute,
  FailedPool,
  LaunchAnswer,
  LaunchedInstance,
  LaunchFailure,
  TaggedMachine,
} from '../../lib/ports/compute.ts';
import { OperationalError } from '../../lib/ports/errors.ts';

export interface MemoryMachine extends LaunchedInstance {
  /** EC2's word. */
  state: string;
  /** EC2 does not show it, and does not know it when asked to terminate. */
  hidden: boolean;
  /** EC2 took it back. */
  takenBack?: boolean;
  readonly tags: ReadonlyMap<string, string>;
  /** Epoch milliseconds; 0 unless `createMemoryCompute` was given a clock. */
  readonly launchedAt: number;
  /** What it printed. */
  console: string;
}

export interface ComputeDials {
  /** Machines that pools still hold, by `instanceType:market` or `instanceType:market:subnet`; what is not named is plenty. */
  readonly pools: Map<string, number>;
  /** The next launches are refused with this, and start nothing. */
  readonly refuseNext: LaunchFailure[];
  /** The answers of the next so many launches are lost, after their machines have started. */
  loseAnswers: number;
  /** The next so many launches start nothing, and their answer is lost. */
  loseRequests: number;
  /** Machines started from now on are hidden. */
  hideNew: boolean;
  /** The next so many calls but launches throw. */
  failCalls: number;
  /** Machines on one page of all. */
  pageSize: number;
}

export interface MemoryCompute extends Compute {
  readonly machines: Map<InstanceId, MemoryMachine>;
  readonly dials: ComputeDials;
  /** Every request that came in, replays included. */
  readonly requests: FleetRequest[];
  /** The machines whose state is neither shutting-down nor terminated, hidden ones included. */
  live(): MemoryMachine[];
  setState(instanceId: InstanceId, state: string): void;
}

const lost: LaunchFailure = { class: 'unknown', code: 'TimeoutError', message: 'The answer was lost.' };
const isOver = (machine: MemoryMachine) => ['shutting-down', 'terminated'].includes(machine.state);

export function createMemoryCompute(now: () => number = () => 0): MemoryCompute {
  const machines = new Map<InstanceId, MemoryMachine>();
  const answers = new Map<string, { request: string; answer: LaunchAnswer }>();
  const requests: FleetRequest[] = [];
  const dials: ComputeDials = {
    pools: new Map(),
    refuseNext: [],
    loseAnswers: 0,
    loseRequests: 0,
    hideNew: false,
    failCalls: 0,
    pageSize: 500,
  };

  function launch(request: FleetRequest): LaunchAnswer {
    requests.push(request);
    if (takeOne('loseRequests')) return { kind: 'unclear', failure: lost };
    const known = answers.get(request.ClientToken);
    if (known && known.request !== JSON.stringify(request)) return mismatch(request);
    if (known) return takeOne('loseAnswers') ? { kind: 'unclear', failure: lost } : known.answer;
    const failure = dials.refuseNext.shift();
    if (failure) return { kind: 'refused', failure };
    const answer = start(request);
    answers.set(request.ClientToken, { request: JSON.stringify(request), answer });
    return takeOne('loseAnswers') ? { kind: 'unclear', failure: lost } : answer;
  }

  /** Fills what is asked for from the pools, in the order of the overrides. */
  function start(request: FleetRequest): LaunchAnswer {
    const market = request.TargetCapacitySpecification.DefaultTargetCapacityType;
    let missing = request.TargetCapacitySpecification.TotalTargetCapacity;
    const instances: LaunchedInstance[] = [];
    const failures: LaunchFailure[] = [];
    const overrides = request.LaunchTemplateConfigs.flatMap((config) => config.Overrides);
    for (const { InstanceType: instanceType, SubnetId: subnetId } of overrides) {
      const names = [`${instanceType}:${market}`, `${instanceType}:${market}:${subnetId}`];
      const limited = names.filter((name) => dials.pools.has(name));
      const taken = Math.min(missing, ...limited.map((name) => dials.pools.get(name)!));
      for (const name of limited) dials.pools.set(name, dials.pools.get(name)! - taken);
      for (let n = 0; n < taken; n += 1) instances.push(addMachine(request, { instanceType, subnetId }));
      missing -= taken;
      if (missing === 0) break;
      failures.push(dryPool({ market, instanceType, subnetId }));
    }
    return { kind: 'answered', instances, failures };
  }

  function addMachine(
    request: FleetRequest,
    { instanceType, subnetId }: { instanceType: string; subnetId: string },
  ): LaunchedInstance {
    const instanceId = InstanceId(`i-${(machines.size + 1).toString(16).padStart(17, '0')}`);
    const spot = request.TargetCapacitySpecification.DefaultTargetCapacityType === 'spot';
    const tags = request.TagSpecifications.find((tagged) => tagged.ResourceType === 'instance')?.Tags ?? [];
    machines.set(instanceId, {
      instanceId,
      instanceType,
      spot,
      state: 'pending',
      hidden: dials.hideNew,
      launchedAt: now(),
      console: '',
      tags: new Map(tags.map(({ Key, Value }) => [Key, Value])),
    });
    return { instanceId, instanceType, spot, subnetId };
  }

  function takeOne(dial: 'loseAnswers' | 'loseRequests' | 'failCalls'): boolean {
    if (dials[dial] === 0) return false;
    dials[dial] -= 1;
    return true;
  }

  function mayFail() {
    if (!takeOne('failCalls')) return;
    throw new OperationalError('EC2 was told to fail.', { code: 'RequestLimitExceeded', retryable: true });
  }

  const visible = () => [...machines.values()].filter((machine) => !machine.hidden);

  return {
    machines,
    dials,
    requests,
    live: () => [...machines.values()].filter((machine) => !isOver(machine)),
    setState: (instanceId, state) => {
      const machine = machines.get(instanceId);
      if (!machine) throw new Error(`There is no machine ${instanceId}.`);
      machine.state = state;
    },
    launch: async (request) => launch(request),
    async findByLaunch(launchId: LaunchId) {
      mayFail();
      return visible()
        .filter((machine) => machine.tags.get(tagKeys.launch) === launchId && machine.state !== 'terminated')
        .map(({ instanceId, instanceType, spot, launchedAt: startedAt }) => ({
          ...{ instanceId, instanceType, spot, startedAt },
        }));
    },
    async describe(instanceIds) {
      mayFail();
      return visible()
        .filter((machine) => instanceIds.includes(machine.instanceId))
        .map(({ instanceId, state, takenBack }) => ({
          instanceId,
          state,
          ...(takenBack ? { takenBack } : {}),
        }));
    },
    async listMachines({ environment, cursor }) {
      mayFail();
      const ours = visible().filter(
        (machine) => machine.tags.get(tagKeys.environment) === environment && !isOver(machine),
      );
      const start = cursor === undefined ? 0 : ours.findIndex(({ instanceId }) => instanceId > cursor);
      const left = start < 0 ? [] : ours.slice(start);
      const page = left.slice(0, dials.pageSize).map(taggedMachine);
      const last = page.at(-1)?.instanceId;
      return { machines: page, ...(last && left.length > page.length ? { cursor: last } : {}) };
    },
    async terminate(instanceIds) {
      mayFail();
      const isShown = (id: InstanceId) => machines.get(id)?.hidden === false;
      const accepted = instanceIds.filter(isShown);
      for (const id of accepted) machines.get(id)!.state = 'terminated';
      return { accepted, unknown: instanceIds.filter((id) => !isShown(id)) };
    },
    async readConsole(instanceId) {
      mayFail();
      const machine = visible().find((one) => one.instanceId === instanceId);
      if (machine) return machine.console;
      throw new OperationalError(`EC2 does not know ${instanceId}.`, {
        code: 'InvalidInstanceID.NotFound',
        retryable: true,
      });
    },
  };
}

function taggedMachine({ instanceId, launchedAt, tags }: MemoryMachine): TaggedMachine {
  const launchId = LaunchId(tags.get(tagKeys.launch) ?? '');
  return {
    instanceId,
    launchedAt,
    launchId,
    installationId: InstallationId(Number(tags.get(tagKeys.tenant))),
  };
}

function dryPool(pool: FailedPool): LaunchFailure {
  const message = `There is no ${pool.market} capacity for ${pool.instanceType}.`;
  return { class: 'capacity', code: 'InsufficientInstanceCapacity', message, pool };
}

function mismatch(request: FleetRequest): LaunchAnswer {
  const message = `The token ${request.ClientToken} was used with another request.`;
  return { kind: 'unclear', failure: { class: 'unknown', code: 'IdempotentParameterMismatch', message } };
}
