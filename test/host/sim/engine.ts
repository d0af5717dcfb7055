/**
 * The container engine of a simulated host, with a runner in each container. A container is created first and started
 * a moment later, by a command that survives the supervisor's death. The engine reports containers that are ended
 * wrongly.
 */
import type { Container, ContainerEngine, NewContainer } from '../../../lib/ports/container-engine.ts';
import { OperationalError } from '../../../lib/ports/errors.ts';
import { withoutStack } from '../../support/without-stack.ts';
import { type Context, strikes } from './context.ts';
import type { Job, SimulatedGitHub } from './github.ts';

export interface SimulatedContainer {
  readonly made: NewContainer;
  state: Container['state'];
  log: string;
  job: Job | undefined;
  hasWorker: boolean;
}

export interface SimulatedEngine {
  readonly port: ContainerEngine;
  readonly containers: Map<string, SimulatedContainer>;
  readonly started: readonly string[];
  /** Called with each new running container. */
  onStart: (container: SimulatedContainer) => void;
  /** The operator has asked for jobs to be cancelled. */
  mayCancel: boolean;
  /** The machine is switched off and on again: every container ends, and losing their jobs is nobody's fault. */
  reboot(): void;
  running(): readonly string[];
}

export function createSimulatedEngine(context: Context, github: SimulatedGitHub): SimulatedEngine {
  const { scheduler, random } = context;
  const containers = new Map<string, SimulatedContainer>();
  const started: string[] = [];

  const end = (container: SimulatedContainer, line: string) => {
    if (container.state !== 'running') return;
    container.state = 'ended';
    container.hasWorker = false;
    container.log += `${line}\n`;
    github.leave(container.made.name);
  };
  /** A runner that GitHub no longer hears from: GitHub gives up its job after some minutes. */
  const lose = (container: SimulatedContainer) => {
    const { job, made } = container;
    container.job = undefined;
    if (job?.state !== 'running') return;
    job.state = 'done';
    scheduler.after(random.between(60_000, 180_000), () => github.complete(made.name, job));
  };
  const isIts = (container: SimulatedContainer) => containers.get(container.made.name) === container;
  const after = (container: SimulatedContainer, milliseconds: number, act: () => void) =>
    scheduler.after(milliseconds, () => {
      if (isIts(container) && container.state === 'running') act();
    });

  const listen = (container: SimulatedContainer) => {
    const { name } = container.made;
    const isListening = github.listen(name, (job) => {
      container.job = job;
      after(container, random.between(50, 3_000), () => {
        container.hasWorker = true;
        container.log += 'Running job: build\n';
      });
      after(container, 3_000 + job.milliseconds, () => {
        container.job = undefined;
        github.complete(name, job);
        container.log += 'Job build completed with result: Succeeded\n';
        after(container, random.between(500, 20_000), () => end(container, 'exiting'));
      });
    });
    if (isListening) {
      container.log += 'Listening for Jobs\n';
      after(container, random.between(20_000, 60_000), () => look(container));
    } else if (!strikes(context, 'ghost')) end(container, 'not registered');
  };
  /** A runner notices after some time that GitHub has forgotten it; some never do. */
  const look = (container: SimulatedContainer) => {
    if (container.job || container.hasWorker || /completed/.test(container.log)) return;
    if (github.isRegistered(container.made.name)) {
      after(container, random.between(20_000, 60_000), () => look(container));
    } else if (!strikes(context, 'ghost')) end(container, 'no longer registered');
  };

  const engine: SimulatedEngine = {
    containers,
    started,
    onStart: () => undefined,
    mayCancel: false,
    reboot() {
      for (const container of containers.values()) {
        lose(container);
        end(container, '');
      }
    },
    running: () => [...containers].flatMap(([name, { state }]) => (state === 'running' ? [name] : [])),
    port: {
      name: 'docker',
      version: async () => '28.1.1',
      image: async () => ({ id: 'sha256:1', labels: {} }),
      build: async () => undefined,
      async run(made) {
        if (containers.has(made.name)) throw refused(`the name ${made.name} is in use`);
        const container: SimulatedContainer = {
          made,
          state: 'created',
          log: '',
          job: undefined,
          hasWorker: false,
        };
        containers.set(made.name, container);
        await scheduler.sleep(random.between(20, 4_000));
        if (!isIts(container)) throw refused('no such container');
        if (strikes(context, 'broken')) throw refused('exec format error');
        container.state = 'running';
        started.push(made.name);
        engine.onStart(container);
        const isBroken = strikes(context, 'broken');
        after(container, random.between(500, 5_000), () =>
          isBroken ? end(container, 'no such library') : listen(container),
        );
      },
      async list([label, value]) {
        return [...containers.values()]
          .filter(({ made }) => made.labels[label] === value)
          .map(({ made: { name, labels }, state }) => ({ name, labels, state, exitCode: 0 }));
      },
      async runs(name, program) {
        const container = containers.get(name);
        if (container?.state !== 'running') return undefined;
        return program === 'Runner.Worker' ? container.hasWorker : true;
      },
      async stop(name) {
        const container = containers.get(name);
        if (container?.state !== 'running') return;
        if (!engine.mayCancel) {
          if (container.job)
            context.violated('job-cut-off', `${name} was stopped with job ${container.job.id}`);
          else if (github.isRegistered(name))
            context.violated('ended-while-registered', `${name} was stopped, and GitHub could give it a job`);
        }
        const { job } = container;
        if (job) {
          container.job = undefined;
          github.complete(name, job);
        }
        await scheduler.sleep(random.between(100, 3_000));
        if (container.job && !engine.mayCancel)
          context.violated('job-cut-off', `${name} got a job as it ended`);
        lose(container);
        end(container, 'interrupted');
      },
      logs: async (name) => containers.get(name)?.log ?? '',
      follow: async () => false,
      async remove(name) {
        const container = containers.get(name);
        if (!container) return;
        if (container.state === 'running') throw refused('cannot remove container: container is running');
        containers.delete(name);
      },
    },
  };
  return engine;
}

const refused = (why: string) =>
  withoutStack(() => new OperationalError(why, { code: 'engine-refused', retryable: true }));
