/**
 * One host, its engine, its folder and GitHub, in virtual time. Each time the supervisor sleeps, the world moves on:
 * runners get jobs, jobs end. If a job's container disappears before the job ends, the world records the job as lost.
 * A supervisor can be killed at any of its effects: before it, after it, or with the request still in progress.
 */
import { InstallationId } from '../../lib/core/ids.ts';
import { checkHostConfig } from '../../lib/host/check-config.ts';
import type { HostConfig } from '../../lib/host/config.ts';
import type { SupervisorDeps } from '../../lib/host/situation.ts';
import { type Ended, supervise } from '../../lib/host/supervisor.ts';
import { createMemoryChance, createMemoryClock } from '../fakes/clock.ts';
import { createMemoryEngine } from '../fakes/container-engine.ts';
import { createMemoryGitHub } from '../fakes/github.ts';
import { createMemoryHostGitHub } from '../fakes/host-github.ts';
import { createMemoryHostState } from '../fakes/host-state.ts';

export const organizationSettings = 'GITHUB_ORGANIZATION=acme\nLABELS=self-hosted,linux\nRUNNER_COUNT=2\n';

export interface Death {
  /** The supervisor's effects are counted from 1. */
  readonly at: number;
  /** under-way: the request arrives some time after the death. */
  readonly when: 'before' | 'after' | 'under-way';
}

/** For one process: after its end, its calls have no effect. */
interface Life extends Death {
  isOver: boolean;
}

/** The supervisor's process is gone. */
export class Died extends Error {}

const jobRounds = 4;
const lateRounds = 3;

/** @param options.mostListed how many runners fit into GitHub's list; absent: all */
export function createHostWorld({
  settings = organizationSettings,
  jobs = 0,
  mostListed = Number.POSITIVE_INFINITY,
} = {}) {
  const installationId = InstallationId(1);
  const engine = createMemoryEngine();
  const github = createMemoryGitHub();
  const acme = { accountId: 1, accountLogin: 'acme', accountType: 'Organization', suspended: false } as const;
  github.putInstallation(installationId, { ...acme, repositories: ['app', 'web'] });
  const state = createMemoryHostState(settings);
  const clock = createMemoryClock();
  const chance = createMemoryChance(7);
  const lines: string[] = [];
  const lost: string[] = [];
  const late: { rounds: number; effect: () => Promise<unknown> }[] = [];
  const running = new Map<string, number>();
  const world = { waiting: jobs, done: 0, rounds: 0, effects: 0 };

  const registered = (name: string) => [...github.registrations].find(([, one]) => one.name === name);
  const isOnline = (name: string) => engine.containers.get(name)?.state === 'running' && !!registered(name);

  const startJobs = () => {
    for (const [name, container] of engine.containers) {
      if (world.waiting === 0 || running.has(name) || !isOnline(name)) continue;
      world.waiting -= 1;
      running.set(name, jobRounds);
      github.setBusy(name, true);
      container.programs.push('Runner.Worker');
      container.log += 'Running job: build\n';
    }
  };
  const goOn = () => {
    for (const [name, left] of running) {
      if (engine.containers.get(name)?.state !== 'running') {
        lost.push(name);
        running.delete(name);
      } else if (left > 0) running.set(name, left - 1);
      else {
        running.delete(name);
        world.done += 1;
        const [key = ''] = registered(name) ?? [];
        github.registrations.delete(key);
        engine.end(name);
      }
    }
  };

  const play = async () => {
    world.rounds += 1;
    for (const request of late.splice(0)) {
      // After the process's end nobody sees a refusal.
      if (request.rounds <= 0) await request.effect().catch(() => undefined);
      else late.push({ ...request, rounds: request.rounds - 1 });
    }
    goOn();
    startJobs();
  };

  /** Counts the calls of a port, and dies at one of them. */
  const mortal = <Port extends object>(port: Port, death: Life | undefined, isFar = true): Port =>
    new Proxy(port, {
      get(target, key) {
        const method = Reflect.get(target, key);
        if (typeof method !== 'function') return method;
        return async (...given: unknown[]) => {
          if (death?.isOver) throw new Died('it is dead already');
          world.effects += 1;
          const effect = () => Promise.resolve(Reflect.apply(method, target, given));
          if (death?.at !== world.effects) return effect();
          death.isOver = true;
          if (death.when === 'after') await effect();
          // A write to the folder ends with the process.
          if (death.when === 'under-way' && isFar) late.push({ rounds: lateRounds, effect });
          throw new Died(`at effect ${death.at}: ${String(key)}`);
        };
      },
    });

  const depsOf = (death: Life | undefined, until: (() => boolean) | undefined): SupervisorDeps => {
    const hostGitHub = createMemoryHostGitHub(github, { installationId, isOnline, mostListed });
    const sleep = async (milliseconds: number) => {
      clock.advance(milliseconds);
      await play();
      if (until?.()) throw new Died('the test has seen enough');
      if (world.rounds > 400) throw new Error(`It does not come to rest:\n${lines.slice(-20).join('\n')}`);
    };
    return {
      engine: mortal(engine, death),
      githubFor: () => mortal(hostGitHub, death),
      state: mortal(state, death, false),
      clock: { now: clock.now, sleep },
      chance,
      processId: 1,
      log: (line) => void lines.push(line),
    };
  };

  return {
    ...world,
    world,
    engine,
    github,
    state,
    clock,
    lines,
    lost,
    play,
    registrations: () => [...github.registrations.values()].map(({ name }) => name),
    /** Runs a supervisor until it has stopped, or dies. */
    async supervise(options: { death?: Death; until?: () => boolean } = {}): Promise<Ended | 'died'> {
      const checked = checkHostConfig(await state.settings());
      if (!checked.ok) throw new Error(checked.faults.join('\n'));
      const config: HostConfig = checked.config;
      try {
        const { death } = options;
        return await supervise(depsOf(death && { ...death, isOver: false }, options.until), config);
      } catch (error) {
        if (error instanceof Died) return 'died';
        throw error;
      }
    },
  };
}
