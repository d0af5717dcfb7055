/**
 * The containers of one function: warm ones are reused, new ones are started up to a bound, and beyond it invocations
 * wait in line, like a throttled caller that tries again. An idle container ends after a while; a dead one is dropped at
 * once.
 *
 * Lambda starts a container for every invocation that finds none free. Here they share a few cores, and starting one
 * costs more than most invocations take: so another starts only when the line has not moved for half as long as the last
 * start took, and one at a time.
 */
import type { Container, Outcome } from './container.ts';
import type { InvocationError } from './runtime-messages.ts';

export interface PoolOptions {
  readonly concurrency: number;
  readonly idleMilliseconds: number;
  makeContainer(): Container;
  onLoaded(load: { milliseconds: number; processorMilliseconds?: number; error?: InvocationError }): void;
}

interface Waiter {
  readonly since: number;
  go(container: Container | { readonly error: InvocationError }): void;
}

const leastPatienceMilliseconds = 30;

export class ContainerPool {
  readonly #options: PoolOptions;
  readonly #all = new Set<Container>();
  readonly #idle: { readonly container: Container; readonly reaper: NodeJS.Timeout }[] = [];
  readonly #line: Waiter[] = [];
  #isLoading = false;
  #loadMilliseconds = 0;
  #patience: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get containers(): readonly Container[] {
    return [...this.#all];
  }

  /** Waits for its turn, then runs the event in a loaded container. */
  async run(event: unknown, requestId: string, onStart: () => void = () => {}): Promise<Outcome> {
    const container = await this.#acquire();
    if ('error' in container) return container;
    onStart();
    const outcome = await container.invoke(event, requestId);
    this.#release(container);
    return outcome;
  }

  /** Loads a container ahead of need. */
  async prewarm(): Promise<void> {
    const container = await this.#load();
    if ('error' in container) {
      throw new Error(`${container.error.errorType}: ${container.error.errorMessage}`);
    }
    this.#release(container);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#patience);
    for (const { reaper } of this.#idle.splice(0)) clearTimeout(reaper);
    for (const waiter of this.#line.splice(0)) waiter.go(closedError);
    const gone = [...this.#all].map((container) => container.exited);
    for (const container of this.#all) container.kill();
    await Promise.all(gone);
  }

  #acquire(): Promise<Container | { readonly error: InvocationError }> {
    if (this.#closed) return Promise.resolve(closedError);
    for (let last = this.#idle.pop(); last; last = this.#idle.pop()) {
      clearTimeout(last.reaper);
      if (last.container.alive) return Promise.resolve(last.container);
    }
    return new Promise((go) => {
      this.#line.push({ since: performance.now(), go });
      this.#grow();
    });
  }

  /** Starts a container for the longest waiting invocation, if that is due. */
  #grow(): void {
    const first = this.#line[0];
    const alive = [...this.#all].filter((container) => container.alive).length;
    if (!first || this.#isLoading || this.#closed || alive >= this.#options.concurrency) return;
    const patience = Math.max(leastPatienceMilliseconds, this.#loadMilliseconds / 2);
    const left = alive === 0 ? 0 : patience - (performance.now() - first.since);
    clearTimeout(this.#patience);
    if (left > 0) {
      this.#patience = setTimeout(() => this.#grow(), left);
      return;
    }
    this.#isLoading = true;
    void this.#load().then((loaded) => {
      this.#isLoading = false;
      if ('error' in loaded) this.#line.shift()?.go(loaded);
      else this.#release(loaded);
      this.#grow();
    });
  }

  async #load(): Promise<Container | { readonly error: InvocationError }> {
    const started = performance.now();
    const container = this.#options.makeContainer();
    this.#all.add(container);
    void container.exited.then(() => {
      this.#all.delete(container);
      this.#grow();
    });
    const loaded = await container.ready;
    const milliseconds = performance.now() - started;
    if (!('error' in loaded)) {
      this.#loadMilliseconds = milliseconds;
      this.#options.onLoaded({ milliseconds, processorMilliseconds: loaded.processorMilliseconds });
      return container;
    }
    container.kill();
    this.#options.onLoaded({ milliseconds, error: loaded.error });
    return loaded;
  }

  /** Gives the container to the first in line, or else to the idle ones. */
  #release(container: Container): void {
    if (this.#closed) container.kill();
    if (!container.alive) {
      this.#grow();
      return;
    }
    const next = this.#line.shift();
    if (next) {
      next.go(container);
      this.#grow();
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

const closedError = { error: { errorType: 'HostClosed', errorMessage: 'The laptop is stopping.' } };
