/**
 * The containers of one function: warm ones are used again, new ones are made up to a bound, and beyond it invocations
 * wait in line, as a throttled caller that tries again would. An idle container goes after a while; a dead one at once.
 */
import type { Container, Outcome } from './container.ts';

export interface PoolOptions {
  readonly concurrency: number;
  readonly idleMilliseconds: number;
  makeContainer(): Container;
  onLoaded(load: { milliseconds: number; error?: { errorType: string; errorMessage: string } }): void;
}

interface IdleContainer {
  readonly container: Container;
  readonly reaper: NodeJS.Timeout;
}

export class ContainerPool {
  readonly #options: PoolOptions;
  readonly #idle: IdleContainer[] = [];
  readonly #all = new Set<Container>();
  readonly #line: (() => void)[] = [];
  #busy = 0;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get containers(): readonly Container[] {
    return [...this.#all];
  }

  /** Waits for its turn, then runs the event in a container that is loaded. */
  async run(event: unknown, requestId: string, onStart: () => void = () => {}): Promise<Outcome> {
    while (this.#busy >= this.#options.concurrency) {
      await new Promise<void>((resolve) => this.#line.push(resolve));
    }
    if (this.#closed) return { error: { errorType: 'HostClosed', errorMessage: 'The laptop is stopping.' } };
    this.#busy += 1;
    try {
      const container = this.#takeIdle() ?? (await this.#make());
      if ('error' in container) return container;
      onStart();
      const outcome = await container.invoke(event, requestId);
      this.#giveBack(container);
      return outcome;
    } finally {
      this.#busy -= 1;
      this.#line.shift()?.();
    }
  }

  /** Loads a container ahead of need. */
  async prewarm(): Promise<void> {
    const container = await this.#make();
    if ('error' in container) {
      throw new Error(`${container.error.errorType}: ${container.error.errorMessage}`);
    }
    this.#giveBack(container);
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { reaper } of this.#idle.splice(0)) clearTimeout(reaper);
    for (const waiting of this.#line.splice(0)) waiting();
    const gone = [...this.#all].map((container) => container.exited);
    for (const container of this.#all) container.kill();
    await Promise.all(gone);
  }

  #takeIdle(): Container | undefined {
    for (let last = this.#idle.pop(); last; last = this.#idle.pop()) {
      clearTimeout(last.reaper);
      if (last.container.alive) return last.container;
    }
    return undefined;
  }

  async #make(): Promise<Container | { error: { errorType: string; errorMessage: string } }> {
    const started = performance.now();
    const container = this.#options.makeContainer();
    this.#all.add(container);
    void container.exited.then(() => this.#all.delete(container));
    const loaded = await container.ready;
    const milliseconds = performance.now() - started;
    if (!('error' in loaded)) {
      this.#options.onLoaded({ milliseconds });
      return container;
    }
    container.kill();
    this.#options.onLoaded({ milliseconds, error: loaded.error });
    return loaded;
  }

  #giveBack(container: Container) {
    if (!container.alive || this.#closed) {
      container.kill();
      return;
    }
    const reaper = setTimeout(() => {
      const index = this.#idle.findIndex((idle) => idle.container === container);
      if (index >= 0) this.#idle.splice(index, 1);
      container.kill();
    }, this.#options.idleMilliseconds);
    reaper.unref();
    this.#idle.push({ container, reaper });
  }
}
