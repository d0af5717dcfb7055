/**
 * A container engine in memory: exact about names, states and disks, with dials for what an engine may do instead. A
 * container runs until a test ends it, or until it is stopped.
 */
import type { Container, ContainerEngine, NewContainer } from '../../lib/ports/container-engine.ts';
import { OperationalError } from '../../lib/ports/errors.ts';

export interface MemoryContainer {
  readonly made: NewContainer;
  state: Container['state'];
  exitCode: number;
  log: string;
  programs: string[];
}

export interface MemoryEngine extends ContainerEngine {
  readonly containers: Map<string, MemoryContainer>;
  /** The tags that were built, with their labels. */
  readonly images: Map<string, Readonly<Record<string, string>>>;
  /** Every container that was ever started, in order. */
  readonly started: string[];
  /** Its program ends by itself. */
  end(name: string, log?: string): void;
  /** Absent: it answers. */
  fault: 'down' | 'cannot-start' | undefined;
}

export function createMemoryEngine(): MemoryEngine {
  const containers = new Map<string, MemoryContainer>();
  const images = new Map<string, Readonly<Record<string, string>>>([['mayfly-runner', {}]]);
  const started: string[] = [];
  const end = (name: string, log?: string) => {
    const container = containers.get(name);
    if (container?.state !== 'running') return;
    container.state = 'ended';
    container.programs = [];
    if (log !== undefined) container.log += log;
  };
  const engine: MemoryEngine = {
    name: 'docker',
    containers,
    images,
    started,
    end,
    fault: undefined,
    version: async () => answering('28.1.1'),
    image: async (reference) => {
      const labels = images.get(reference);
      return answering(labels && { id: `sha256:${reference}`, labels });
    },
    build: async ({ tag, arguments: given }, onOutput) => {
      images.set(tag, { 'dev.mayfly.runner-version': given['RUNNER_VERSION'] ?? '' });
      onOutput(`Successfully tagged ${tag}\n`);
    },
    run: async (made) => {
      answering(undefined);
      if (containers.has(made.name)) throw refused(`the name ${made.name} is in use`);
      if (!images.has(made.image)) throw refused(`no such image: ${made.image}`);
      const container = { made, state: 'created' as const, exitCode: 0, log: '', programs: [] };
      containers.set(made.name, container);
      if (engine.fault === 'cannot-start') throw refused('exec format error');
      started.push(made.name);
      containers.set(made.name, { ...container, state: 'running', programs: ['Runner.Listener'] });
    },
    list: async ([label, value]) =>
      answering(
        [...containers.values()]
          .filter(({ made }) => made.labels[label] === value)
          .map(({ made: { name, labels }, state, exitCode }) => ({ name, labels, state, exitCode })),
      ),
    runs: async (name, program) => {
      const container = answering(containers.get(name));
      return container?.state === 'running' ? container.programs.includes(program) : undefined;
    },
    stop: async (name) => end(answering(name)),
    logs: async (name) => answering(containers.get(name)?.log ?? ''),
    async follow(name, lines, onOutput) {
      const seen = () => answering(containers.get(name));
      if (!seen()) return false;
      const last = (seen()?.log ?? '')
        .split('\n')
        .slice(-lines - 1)
        .join('\n');
      if (last !== '') onOutput(last);
      let length = seen()?.log.length ?? 0;
      for (let isOver = false; !isOver; ) {
        isOver = seen()?.state !== 'running';
        const log = seen()?.log ?? '';
        if (log.length > length) onOutput(log.slice(length));
        length = log.length;
        await new Promise((resolve) => setImmediate(resolve));
      }
      return true;
    },
    remove: async (name) => {
      if (answering(containers.get(name))?.state === 'running') throw refused(`${name} is running`);
      containers.delete(name);
    },
  };
  const answering = <Value>(value: Value): Value => {
    if (engine.fault === 'down') throw refused('Cannot connect to the Docker daemon');
    return value;
  };
  return engine;
}

const refused = (why: string) => new OperationalError(why, { code: 'engine-refused', retryable: true });
