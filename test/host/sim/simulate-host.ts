/**
 * One host's life from a seed: a supervisor that dies and is restarted, jobs, an operator who switches, rolls back,
 * stops and starts, and failures of GitHub and the engine. The supervisor is the real one; time is virtual. At the
 * end all faults stop, the jobs must have run, and the host is stopped for good.
 */
import { checkHostConfig } from '../../../lib/host/check-config.ts';
import type { HostConfig } from '../../../lib/host/config.ts';
import { writeSettings } from '../../../lib/host/env-file.ts';
import { type Ended, supervise } from '../../../lib/host/supervisor.ts';
import { restored, saveVersion, versionToRestore } from '../../../lib/host/versions.ts';
import type { HostGitHub } from '../../../lib/ports/host-github.ts';
import type { Wish } from '../../../lib/ports/host-state.ts';
import { createMemoryHostState } from '../../fakes/host-state.ts';
import { createEventLog } from '../../sim/event-log.ts';
import { createRandom } from '../../sim/random.ts';
import { createScheduler } from '../../sim/scheduler.ts';
import {
  type Context,
  chooseFaults,
  chooseOutages,
  latestMs,
  type Outage,
  type Violation,
} from './context.ts';
import { createSimulatedEngine } from './engine.ts';
import { createSimulatedGitHub } from './github.ts';
import { kill, type Process, portOf } from './process.ts';

export interface HostLife {
  readonly violations: readonly Violation[];
  readonly log: readonly string[];
  readonly steps: number;
  /** Jobs that ran to their end. */
  readonly jobs: number;
  /** Containers that were started. */
  readonly machines: number;
  /** Of the supervisor. */
  readonly deaths: number;
}

const start = Date.UTC(2026, 0, 1);
const secret = 'ghp_secretOfTheOwner';
const first = `GITHUB_ORGANIZATION=acme\nGITHUB_TOKEN=${secret}\nRUNNER_COUNT=2\n`;
const minute = 60_000;
const longestJobMs = 4 * minute;
/**
 * Once all faults are over, a host reaches the wanted state within this time: the longest pause of a runner, and its
 * job.
 */
const calmMs = 15 * minute;

export async function simulate(seed: number, options: { log?: boolean } = {}): Promise<HostLife> {
  const random = createRandom(seed);
  const scheduler = createScheduler(start);
  const log = createEventLog({ kept: options.log === true, start, now: scheduler.now });
  const violations: Violation[] = [];
  const faultsEnd = start + random.between(10, 25) * minute;
  const outages = chooseOutages(random, { from: start, until: faultsEnd });
  const context: Context = {
    random,
    scheduler,
    faults: chooseFaults(random),
    tell: (line) => log.add(() => line),
    violated(invariant, detail) {
      log.add(() => `VIOLATION ${invariant}: ${detail}`);
      violations.push({ invariant, detail });
    },
    refusedAt: 0,
    isOut(service) {
      const now = scheduler.now();
      const isNow = ({ from, until }: Outage) => context.faults.isOn && from <= now && now < until;
      return outages.some((outage) => outage.service === service && isNow(outage));
    },
  };
  const life = createLife(context);
  await life.begin(faultsEnd);
  await scheduler.runUntil(faultsEnd);
  context.faults.isOn = false;
  log.add(() => 'the faults stop');
  await scheduler.runUntil(faultsEnd + 3 * calmMs);
  life.checkCalm();
  await life.stopForGood();
  return {
    violations,
    log: log.lines,
    steps: scheduler.steps(),
    jobs: life.github.jobs.filter(({ state }) => state === 'done').length,
    machines: life.engine.started.length,
    deaths: life.deaths(),
  };
}

function createLife(context: Context) {
  const { random, scheduler } = context;
  const github = createSimulatedGitHub(context);
  const engine = createSimulatedEngine(context, github);
  const state = createMemoryHostState(first);
  let supervisor: Process | undefined;
  let deaths = 0;
  /** systemd or the owner restarts it when it dies. */
  let isToRun = true;

  const configOf = (text: string): HostConfig => {
    const checked = checkHostConfig(text);
    if (checked.ok) return checked.config;
    throw new Error(checked.faults.join(' '));
  };
  const isClean = (where: string, text: string) => {
    if (text.includes(secret)) context.violated('credential-left', `${where}: ${text}`);
    if (where !== 'container' && /jit-[0-9a-f]/.test(text))
      context.violated('configuration-left', `${where}: ${text}`);
  };

  engine.onStart = ({ made }) => {
    const { environment, ...args } = made;
    isClean('container', JSON.stringify(made));
    isClean('arguments', JSON.stringify(args));
    if (Object.keys(environment).join() !== 'ACTIONS_RUNNER_INPUT_JITCONFIG')
      context.violated('unexpected-environment', Object.keys(environment).join());
    const names = engine.running();
    const running = names.length;
    context.tell(`${made.name} starts, ${running} running`);
    const most = Math.max(...names.map((name) => wantedAtLaunch.get(name) ?? 0));
    if (running > most) context.violated('too-many-runners', `${running} running; the limit is ${most}`);
  };
  /** How many runners may exist. A lower number applies to launches once the supervisor has read it. */
  let wanted = configOf(first).runners;
  const wantedAtLaunch = new Map<string, number>();

  /** @returns undefined where another process supervises, or this one died */
  async function superviseOnce(hasTime?: () => boolean): Promise<Ended | undefined> {
    if (supervisor?.isAlive) return undefined;
    let died: () => void = () => undefined;
    const death = new Promise<undefined>((resolve) => {
      died = () => resolve(undefined);
    });
    const isToDie = context.faults.isOn && random.chance(context.faults.death);
    const process: Process = {
      isAlive: true,
      calls: 0,
      diedAt: 0,
      diesAt: isToDie ? random.between(1, random.pick([20, 200, 2_000])) : 0,
      onDeath() {
        deaths += 1;
        died();
      },
    };
    supervisor = process;
    const folder = portOf(context, process, { reach: 'folder', target: watched(state, isClean) });
    const config = configOf(await state.settings());
    context.tell('a supervisor starts');
    const run = supervise(
      {
        engine: portOf(context, process, { reach: 'engine', target: engine.port }),
        githubFor: (given) => {
          wanted = given.runners;
          const counted: HostGitHub = {
            ...github.port,
            register(request) {
              wantedAtLaunch.set(request.name, given.runners);
              return github.port.register(request);
            },
          };
          return portOf(context, process, { reach: 'github', target: counted });
        },
        state: folder,
        clock: { now: scheduler.now, sleep: (time) => asleep(process, time) },
        chance: random,
        processId: 1,
        log(line) {
          isClean('line', line);
          context.tell(`  ${line}`);
        },
        ...(hasTime ? { hasTime } : {}),
      },
      config,
    ).catch((error: unknown) => {
      context.violated('supervisor-crashed', String(error instanceof Error ? error.stack : error));
      return undefined;
    });
    const ended = await Promise.race([run, death]);
    process.isAlive = false;
    context.tell(ended ? 'the supervisor ends' : 'the supervisor has died');
    return ended;
  }

  const asleep = async (process: Process, milliseconds: number) => {
    await scheduler.sleep(milliseconds);
    if (!process.isAlive) await new Promise<never>(() => undefined);
  };

  async function keepRunning(): Promise<void> {
    while (isToRun) {
      await superviseOnce();
      await scheduler.sleep(random.pick([200, 5_000, 100_000]));
    }
  }

  async function wish(mode: Wish['mode'], hasChanged = false): Promise<void> {
    const { change } = await state.wish();
    await state.putWish({ mode, change: hasChanged ? change + 1 : change });
  }

  /** Like the real command, which may be killed at any of its writes. */
  async function apply(text: string, why: string): Promise<void> {
    context.tell(`${why}: ${text.replace(secret, '…').replaceAll('\n', ' ')}`);
    const writes = [
      async () =>
        void (await saveVersion(state, {
          text: await state.settings(),
          why: `before ${why}`,
          now: scheduler.now(),
        })),
      () => state.putSettings(text),
      async () => void (await saveVersion(state, { text, why, now: scheduler.now() })),
      async () => wish((await state.wish()).mode, true),
    ];
    const isKilled = context.faults.isOn && random.chance(0.1);
    for (const write of writes.slice(0, isKilled ? random.between(0, 3) : 4)) {
      await write();
      await scheduler.sleep(random.between(1, 300));
    }
  }

  async function switchOver(): Promise<void> {
    const isOrganization = random.chance(0.5);
    const text = writeSettings(await state.settings(), {
      GITHUB_ORGANIZATION: isOrganization ? 'acme' : undefined,
      GITHUB_REPOSITORY: isOrganization ? undefined : 'acme/app',
      RUNNER_COUNT: String(random.between(1, 4)),
      LABELS: random.pick(['linux', 'linux,x64']),
    });
    await apply(text, 'switch');
  }

  async function rollBack(): Promise<void> {
    const text = await state.settings();
    const version = versionToRestore(await state.versions(), { text });
    if (version) await apply(restored(version, text), 'rollback');
  }

  async function stop(mode: 'drain' | 'end'): Promise<void> {
    context.tell(`stop (${mode})`);
    isToRun = false;
    if (mode === 'end') engine.mayCancel = true;
    await wish(mode);
    for (;;) {
      const ended = await superviseOnce();
      if (ended) {
        await checkNothingLeft(ended);
        break;
      }
      await scheduler.sleep(500);
    }
    engine.mayCancel = false;
  }

  async function checkNothingLeft({ left }: Ended): Promise<void> {
    // Requests in progress must have arrived.
    await scheduler.sleep(latestMs + 5_000);
    const records = (await state.runners()).map(({ name }) => name);
    const found = { containers: [...engine.containers.keys()], registrations: github.registered(), records };
    if (left.length > 0) {
      // Only registrations that GitHub refuses to remove may be left, and the owner gets a list of them.
      if (scheduler.now() - context.refusedAt > 3 * minute) context.violated('gave-up', left.join());
      return;
    }
    if (Object.values(found).some((names) => names.length > 0))
      context.violated('left-after-stop', JSON.stringify(found));
  }

  async function startAgain(): Promise<void> {
    isToRun = true;
    await wish('serve');
    context.tell('start');
    void keepRunning();
  }

  async function operate(until: number): Promise<void> {
    while (scheduler.now() < until) {
      await scheduler.sleep(random.between(5_000, 300_000));
      if (scheduler.now() >= until) break;
      await random.pick([
        switchOver,
        switchOver,
        rollBack,
        async () => void (supervisor && kill(context, supervisor)),
        async () => {
          context.tell('the machine reboots');
          if (supervisor) kill(context, supervisor);
          engine.reboot();
        },
        async () => {
          await stop(random.chance(0.7) ? 'drain' : 'end');
          await startAgain();
        },
      ])();
    }
  }

  async function queueJobs(until: number): Promise<void> {
    const longest = random.pick([60_000, 600_000]);
    while (scheduler.now() < until) {
      await scheduler.sleep(random.between(100, longest));
      const place = random.pick(['acme', 'acme/app']);
      github.queue(place, random.pick([500, 20_000, random.between(0, longestJobMs)]));
    }
  }

  return {
    engine,
    github,
    deaths: () => deaths,
    async begin(until: number) {
      void startAgain();
      void operate(until);
      void queueJobs(until);
    },
    /** On the level in force, every job has run, and the number of runners is the wanted one. */
    checkCalm() {
      const running = engine.running().length;
      if (isToRun && running !== wanted)
        context.violated('not-as-many', `${running} run, and ${wanted} are wanted`);
      const names = new Set(engine.running());
      const strangers = github.registered().filter((name) => !names.has(name));
      if (strangers.length > 0) context.violated('registrations-without-runners', strangers.join());
    },
    async stopForGood() {
      let isOver = false;
      void stop('drain').then(() => {
        isOver = true;
      });
      await scheduler.runUntil(scheduler.now() + 2 * calmMs);
      if (!isOver) context.violated('never-stopped', JSON.stringify([...engine.containers.keys()]));
    },
  };
}

/** The folder, with a check of each text that is written to it. */
function watched<State extends object>(state: State, look: (where: string, text: string) => void): State {
  return new Proxy(state, {
    get(target, member) {
      const method = Reflect.get(target, member) as unknown;
      if (typeof method !== 'function') return method;
      return (...given: unknown[]) => {
        if (/^put(?!Settings)|^keepLog/.test(String(member))) look(String(member), JSON.stringify(given));
        return Reflect.apply(method, target, given);
      };
    },
  });
}
