/**
 * Copies of functions, as Lambda keeps them: one run at a time uses a copy, and what the copy has learned about the
 * platform's own policy is there for the next run. A copy whose run died or timed out is gone. Only runs in which
 * the operator has controllers use them.
 */
import { withPlatformPolicy } from '../../../lib/app/admission/platform-policy.ts';
import type { FunctionName } from '../../../lib/contract/functions.ts';
import type { ControllerStore } from '../../../lib/ports/controllers.ts';
import type { RunnerStore } from '../../../lib/ports/runners.ts';
import type { TenantStore } from '../../../lib/ports/tenants.ts';
import type { Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';
import type { Ports } from './ports.ts';
import { type ProcessDeps, portOf, type Running } from './process.ts';

/** What a copy keeps from run to run. */
export interface Judging {
  readonly tenants: TenantStore;
  readonly runners: RunnerStore;
  readonly controllers: ControllerStore;
}

interface Copy {
  running: Running;
  /** How wrong its clock is, in milliseconds. */
  readonly skew: number;
  readonly judging: Judging;
}

export interface Copies {
  /** The copy that this run uses; undefined: its function makes no admission decisions. */
  start(process: Running, skew: number): Copy | undefined;
  /** Its run has ended normally. */
  rest(process: Running): void;
}

/**
 * As in lambdas/: which functions know the policy, and for how long each may use what it read. Absent: the usual
 * time.
 */
const judges: Partial<Record<FunctionName, { readonly keptSeconds?: number }>> = {
  'scale-up': {},
  claim: {},
  reconciler: {},
  sweep: {},
  admission: { keptSeconds: 0 },
};

interface CopyDeps extends ProcessDeps {
  readonly ports: Ports;
  readonly random: Random;
  readonly scheduler: Scheduler;
}

export function createCopies(deps: CopyDeps): Copies {
  const idle = new Map<FunctionName, Copy[]>();
  const busy = new Map<Running, Copy>();
  return {
    start(process, skew) {
      const options = judges[process.name];
      if (!options) return undefined;
      const free = idle.get(process.name) ?? [];
      const [warm] = free.length > 0 ? free.splice(deps.random.between(0, free.length - 1), 1) : [];
      const copy = warm ?? newCopy(deps, process, { ...options, skew });
      copy.running = process;
      busy.set(process, copy);
      return copy;
    },
    rest(process) {
      const copy = busy.get(process);
      busy.delete(process);
      if (copy && process.alive) idle.set(process.name, [...(idle.get(process.name) ?? []), copy]);
    },
  };
}

function newCopy(
  deps: CopyDeps,
  first: Running,
  { skew, keptSeconds }: { skew: number; keptSeconds?: number },
): Copy {
  const { stores } = deps.ports;
  const copy = { running: first, skew };
  const port = <Port extends object>(name: string, target: Port) =>
    portOf(deps, () => copy.running, { name, target });
  const controllers = port('controllers', stores.controllers);
  const clock = { now: () => deps.scheduler.now() + skew, sleep: deps.scheduler.sleep };
  const judged = withPlatformPolicy(
    {
      tenants: methodsOf(port('tenants', stores.tenants)),
      runners: methodsOf(port('runners', stores.runners)),
    },
    { controllers, clock, ...(keptSeconds === undefined ? {} : { keptSeconds }) },
  );
  return Object.assign(copy, { judging: { ...judged, controllers } });
}

/** A port's methods as its own properties, because code that combines ports copies properties. */
const methodsOf = <Port extends object>(port: Port): Port =>
  Object.fromEntries(Object.keys(port).map((name) => [name, Reflect.get(port, name) as unknown])) as Port;
