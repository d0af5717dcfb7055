/**
 * GitHub as one host sees it. It gives a queued job to any listening runner, deletes no registration that has a job,
 * and drops a registration when its job is over. Its lists may be some seconds old.
 */
import type { RunnerScope } from '../../../lib/core/github.ts';
import { scopeName } from '../../../lib/host/runner.ts';
import type { HostGitHub } from '../../../lib/ports/host-github.ts';
import { type Context, strikes } from './context.ts';

interface Registration {
  readonly name: string;
  readonly place: string;
  readonly jitConfig: string;
  readonly addedAt: number;
  removedAt: number;
  busyAt: number;
  /** Its runner waits for a job. */
  take: ((job: Job) => void) | undefined;
}

export interface Job {
  readonly id: number;
  readonly place: string;
  readonly milliseconds: number;
  state: 'queued' | 'running' | 'done';
}

export interface SimulatedGitHub {
  readonly port: HostGitHub;
  readonly jobs: readonly Job[];
  queue(place: string, milliseconds: number): void;
  /** By the runner's name. Undefined: it is not registered. */
  listen(name: string, take: (job: Job) => void): 'listening' | undefined;
  complete(name: string, job: Job): void;
  /** Its runner has ended, or was killed. */
  leave(name: string): void;
  isRegistered(name: string): boolean;
  registered(): readonly string[];
  jitConfigs(): readonly string[];
}

/** The maximum age of a list. The supervisor relies on ten seconds. */
const oldestListMs = 8_000;

export function createSimulatedGitHub(context: Context): SimulatedGitHub {
  const { scheduler, random } = context;
  const all = new Map<string, Registration>();
  const jobs: Job[] = [];
  const now = () => scheduler.now();
  const isThere = (one: Registration | undefined, at = now()): one is Registration =>
    one !== undefined && one.addedAt <= at && at < one.removedAt;
  const drop = (one: Registration) => {
    one.removedAt = now();
    one.take = undefined;
  };
  const assign = () => {
    for (const job of jobs.filter(({ state }) => state === 'queued')) {
      const idle = [...all.values()].filter(
        (one) => isThere(one) && one.take && one.busyAt > now() && one.place === job.place,
      );
      if (idle.length === 0) continue;
      const chosen = random.pick(idle);
      job.state = 'running';
      chosen.busyAt = now();
      context.tell(`GitHub gives job ${job.id} to ${chosen.name}`);
      chosen.take?.(job);
    }
  };
  const seenAt = () => (strikes(context, 'stale') ? now() - random.between(0, oldestListMs) : now());

  const port: HostGitHub = {
    async register({ name, scope }) {
      const jitConfig = `jit-${random.id()}`;
      const never = { removedAt: Number.POSITIVE_INFINITY, busyAt: Number.POSITIVE_INFINITY };
      all.set(name, { name, place: scopeName(scope), jitConfig, addedAt: now(), ...never, take: undefined });
      if (strikes(context, 'dropped')) {
        scheduler.after(random.between(1_000, 120_000), () => {
          const one = all.get(name);
          if (isThere(one) && one.busyAt > now()) drop(one);
        });
      }
      return { ok: true, value: { jitConfig } };
    },
    async remove(_scope: RunnerScope, name) {
      const one = all.get(name);
      const at = seenAt();
      // The registration's id comes from a list; the deletion itself uses the current state.
      if (!isThere(one, at)) return { ok: true, value: 'absent' };
      if (one.busyAt <= at) return { ok: true, value: 'busy' };
      if (!isThere(one)) return { ok: true, value: 'absent' };
      if (one.busyAt <= now()) return { ok: true, value: 'busy' };
      drop(one);
      return { ok: true, value: 'removed' };
    },
    async list(scope) {
      const at = seenAt();
      const shown = [...all.values()].filter((one) => isThere(one, at) && one.place === scopeName(scope));
      const runners = shown.map(({ name, busyAt, take }) => {
        const busy = busyAt <= at;
        return { name, busy, online: busy || take !== undefined, labels: ['self-hosted'] };
      });
      const isComplete = !strikes(context, 'cut');
      const read = isComplete ? runners : runners.filter(() => random.chance(0.5));
      return { ok: true, value: { runners: read, isComplete } };
    },
    group: async () => ({ ok: true, value: undefined }),
    repository: async () => ({ ok: false, refusal: { kind: 'not-found', message: 'Not Found' } }),
  };
  return {
    port,
    jobs,
    queue(place, milliseconds) {
      jobs.push({ id: jobs.length + 1, place, milliseconds, state: 'queued' });
      assign();
    },
    listen(name, take) {
      const one = all.get(name);
      if (!isThere(one)) return undefined;
      one.take = take;
      assign();
      return 'listening';
    },
    complete(name, job) {
      job.state = 'done';
      const one = all.get(name);
      if (one) drop(one);
    },
    leave(name) {
      const one = all.get(name);
      if (one) one.take = undefined;
    },
    isRegistered: (name) => isThere(all.get(name)),
    registered: () => [...all.values()].filter((one) => isThere(one)).map(({ name }) => name),
    jitConfigs: () => [...all.values()].map(({ jitConfig }) => jitConfig),
  };
}
