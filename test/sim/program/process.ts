/**
 * One run of a function: a process that calls ports. Each call travels to its service and takes effect as a whole,
 * and its answer travels back, with other processes' calls in between. A process that has died or timed out receives
 * and does nothing more; requests that it has sent may still arrive.
 */
import { type FunctionName, functionSettings } from '../../../lib/contract/functions.ts';
import type { Auditor } from '../auditor/auditor.ts';
import type { EventLog } from '../event-log.ts';
import type { Faults } from '../faults.ts';
import type { Random } from '../random.ts';
import type { Scheduler } from '../scheduler.ts';

export interface Running {
  readonly name: FunctionName;
  readonly id: number;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  alive: boolean;
  calls: number;
  /** It dies at this call; 0: at none. */
  readonly diesAt: number;
  /** Whether the call that it dies at still has its effect. */
  readonly lastCallArrives: boolean;
  /** What it was started for; the auditor uses it. */
  readonly cause: readonly string[];
}

export interface PortCall {
  /** `jobs`, … */
  readonly port: string;
  /** `jobs.insert`, … */
  readonly name: string;
  /** The function that makes it. */
  readonly by: string;
  readonly given: readonly unknown[];
  readonly effect: () => Promise<unknown>;
}

/** Whose it is, of a call to GitHub. */
export function installationOf({ given }: PortCall): number {
  const [first] = given as [number | { installationId: number }];
  return typeof first === 'object' ? first.installationId : first;
}

/** How a service handles a call: it answers or throws. */
export type Service = (call: PortCall) => Promise<unknown>;

export interface ProcessDeps {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly faults: Faults;
  readonly log: EventLog;
  readonly auditor: Auditor;
  readonly service: Service;
  /** An undisturbed call takes at most this long, each way. */
  readonly callMilliseconds: number;
  /** EC2 is slow with a launch: lets other things happen meanwhile. */
  readonly launchIsSlow?: () => void;
  /** For runs that decide who dies, and when; otherwise it is random. */
  readonly deathOf?: (name: FunctionName) => Death | undefined;
}

export interface Death {
  /** The call that it dies at, counted from 1. */
  readonly atCall: number;
  /** Whether that call still has its effect. */
  readonly arrives: boolean;
}

/** The client gives up after 12 s (lib/adapters/ec2/clients.ts). */
const slowestLaunchMilliseconds = 11_000;

/** A new promise each time, because whatever waits for a promise stays in memory as long as the promise does. */
const never = () => new Promise<never>(() => undefined);

export function startProcess(
  deps: ProcessDeps,
  start: { name: FunctionName; cause: readonly string[] },
): Running {
  const death = deps.deathOf?.(start.name) ?? deathByChance(deps);
  const process: Running = {
    name: start.name,
    id: deps.scheduler.steps(),
    startedAt: deps.scheduler.now(),
    alive: true,
    calls: 0,
    diesAt: death.atCall,
    lastCallArrives: death.arrives,
    cause: start.cause,
  };
  deps.scheduler.after(functionSettings[start.name].timeoutSeconds * 1000, () => {
    process.alive = false;
  });
  return process;
}

const deathByChance = ({ faults, random }: ProcessDeps): Death => {
  const atCall = faults.strikes('death') ? random.between(1, 14) : 0;
  return { atCall, arrives: random.chance(0.5) };
};

/** The port, as called by this process or by whichever process is running then. */
export function portOf<Port extends object>(
  deps: ProcessDeps,
  process: Running | (() => Running),
  port: { name: string; target: Port },
): Port {
  const running = typeof process === 'function' ? process : () => process;
  const known = namesOf(port.name);
  return new Proxy(port.target, {
    get(target, member) {
      const method = Reflect.get(target, member) as unknown;
      if (typeof method !== 'function') return method;
      const name = known.get(member) ?? nameOf(known, port.name, member);
      return (...given: unknown[]) => {
        const by = running();
        return call(deps, by, {
          port: port.name,
          name,
          by: by.name,
          given,
          effect: () => method.apply(target, given),
        });
      };
    },
  });
}

/** Made once: a newly concatenated text is slow to compare and to look up. */
const names = new Map<string, Map<string | symbol, string>>();

function namesOf(port: string): Map<string | symbol, string> {
  const known = names.get(port) ?? new Map<string | symbol, string>();
  if (known.size === 0) names.set(port, known);
  return known;
}

function nameOf(known: Map<string | symbol, string>, port: string, method: string | symbol): string {
  const name = `${port}.${String(method)}`;
  known.set(method, name);
  return name;
}

async function call(deps: ProcessDeps, process: Running, made: PortCall): Promise<unknown> {
  if (!process.alive) return never();
  process.calls += 1;
  const isLast = process.calls === process.diesAt;
  if (isLast) {
    process.alive = false;
    deps.auditor.processDied();
    deps.log.add(
      () => `${process.name} dies at ${made.name}${process.lastCallArrives ? ', which takes effect' : ''}`,
    );
    if (!process.lastCallArrives) return never();
  }
  await deps.scheduler.sleep(latency(deps, made.name, 3_000));
  if (made.name === 'compute.launch' && deps.faults.strikes('slowLaunch')) {
    deps.launchIsSlow?.();
    await deps.scheduler.sleep(deps.random.between(1_000, slowestLaunchMilliseconds));
  }
  let failure: { error: unknown } | undefined;
  let value: unknown;
  try {
    deps.auditor.beforeCall(process.cause);
    value = await deps.service(made);
    deps.auditor.afterCall(made, process.startedAt);
    deps.log.add(() => `  ${process.name}#${process.id} ${made.name} → ${brief(value)}`);
  } catch (error) {
    failure = { error };
    deps.auditor.afterCall(made, process.startedAt);
    deps.auditor.callFailed(made.name);
    deps.log.add(() => `  ${process.name}#${process.id} ${made.name} fails: ${String(error)}`);
  }
  await deps.scheduler.sleep(latency(deps, '', 40_000));
  if (!process.alive) return never();
  if (failure) throw failure.error;
  return value;
}

/** A request arrives within seconds or not at all; an answer may keep its caller waiting until it times out. */
function latency({ random, faults, callMilliseconds }: ProcessDeps, name: string, longest: number): number {
  if (faults.strikes('stall')) return random.between(500, longest);
  return name === 'compute.launch'
    ? random.between(300, 1_500)
    : random.between(1, callMilliseconds) + random.fraction();
}

function brief(value: unknown): string {
  const text = JSON.stringify(value, (_, entry) => (entry instanceof Set ? [...entry] : entry)) ?? 'nothing';
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
