/**
 * One execution environment of one function: a process of its own that serves one invocation at a time and
 * keeps its memory between them. A timeout kills it; its crash fails the invocation at hand and no other.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type FunctionDefinition, processEnvironment, type Surroundings } from './function-definition.ts';
import type { Invocation, InvocationError, RuntimeMessage } from './runtime.ts';

const runtimeFile = fileURLToPath(new URL('./runtime.ts', import.meta.url));
/** Lambda gives a function ten seconds to load. */
const loadSeconds = 10;

export type Outcome = { readonly payload: string } | { readonly error: InvocationError };

export interface ContainerOptions {
  readonly definition: FunctionDefinition;
  readonly surroundings: Surroundings;
  onLine(line: string, stream: 'stdout' | 'stderr'): void;
}

export class Container {
  readonly #child: ChildProcess;
  readonly #definition: FunctionDefinition;
  readonly ready: Promise<{ loadMilliseconds: number } | { error: InvocationError }>;
  readonly exited: Promise<void>;
  #alive = true;
  #settle: ((outcome: Outcome) => void) | undefined;

  constructor({ definition, surroundings, onLine }: ContainerOptions) {
    this.#definition = definition;
    this.#child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        `--max-old-space-size=${definition.memoryMegabytes}`,
        runtimeFile,
      ],
      {
        cwd: definition.folder,
        env: processEnvironment(definition, surroundings),
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        // A group of its own: Ctrl-C reaches the laptop alone, which then ends its containers.
        detached: true,
      },
    );
    for (const stream of ['stdout', 'stderr'] as const) {
      createInterface({ input: this.#child[stream]! }).on('line', (line) => onLine(line, stream));
    }
    this.exited = new Promise((resolve) => this.#child.once('close', () => resolve()));
    this.ready = this.#load();
    this.#child.on('error', (cause) => this.#end(`Runtime could not start: ${cause.message}`));
    this.#child.on('exit', (code, signal) =>
      this.#end(`Runtime exited with error: ${signal ? `signal: ${signal}` : `exit status ${code}`}`),
    );
  }

  get alive(): boolean {
    return this.#alive;
  }

  get processId(): number | undefined {
    return this.#child.pid;
  }

  /** One at a time: the pool sees to it. */
  async invoke(event: unknown, requestId: string): Promise<Outcome> {
    const seconds = this.#definition.timeoutSeconds;
    const invocation: Invocation = {
      requestId,
      event,
      deadline: Date.now() + seconds * 1000,
      functionArn: this.#definition.arn,
    };
    let timer: NodeJS.Timeout | undefined;
    const outcome = new Promise<Outcome>((resolve) => {
      this.#settle = resolve;
      timer = setTimeout(() => {
        resolve(
          failure('Sandbox.Timedout', `${requestId} Task timed out after ${seconds.toFixed(2)} seconds`),
        );
        this.kill();
      }, seconds * 1000);
      if (!this.#alive) resolve(failure('Runtime.ExitError', `RequestId: ${requestId} the process is gone`));
      else this.#child.send(invocation, (cause) => cause && this.#end(cause.message));
    });
    return outcome.finally(() => {
      clearTimeout(timer);
      this.#settle = undefined;
    });
  }

  kill(): void {
    this.#alive = false;
    this.#child.kill('SIGKILL');
  }

  #load(): Promise<{ loadMilliseconds: number } | { error: InvocationError }> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        resolve(failure('Sandbox.Timedout', `Init timed out after ${loadSeconds} seconds`));
        this.kill();
      }, loadSeconds * 1000);
      this.#child.once('error', ({ message }) => resolve(failure('Runtime.ExitError', message)));
      this.#child.once('exit', () =>
        resolve(failure('Runtime.ExitError', 'The process ended while loading')),
      );
      this.#child.on('message', (message) => {
        const said = message as RuntimeMessage;
        clearTimeout(timer);
        if (said.kind === 'ready') resolve({ loadMilliseconds: said.loadMilliseconds });
        if (said.kind === 'init-failed') resolve({ error: said.error });
        if (said.kind === 'result') this.#settle?.({ payload: said.payload });
        if (said.kind === 'failure') this.#settle?.({ error: said.error });
      });
      this.exited.finally(() => clearTimeout(timer));
    });
  }

  #end(message: string) {
    this.#alive = false;
    this.#settle?.(failure('Runtime.ExitError', message));
  }
}

const failure = (errorType: string, errorMessage: string) => ({ error: { errorType, errorMessage } });
