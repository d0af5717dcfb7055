/**
 * One execution environment of one function: a process of its own that serves one invocation at a time and keeps its
 * memory between them. A timeout kills it; a crash fails only the current invocation. Everything that an invocation
 * printed has been passed on before its outcome is known. Between invocations the process is frozen.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Duplex, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { compiledCode } from './compiled-code.ts';
import { endLine } from './end-line.js';
import {
  type FunctionDefinition,
  heapOptions,
  processEnvironment,
  type Surroundings,
} from './function-definition.ts';
import { OutputLines } from './output-lines.ts';
import type { Invocation, InvocationError, RuntimeMessage } from './runtime-messages.ts';

const runtimeFile = fileURLToPath(new URL('./runtime.js', import.meta.url));
/** Lambda gives a function ten seconds to load. Here all of them load side by side, on a few cores. */
const loadSeconds = 60;

export type Outcome =
  | { readonly payload: string; readonly processorMilliseconds: number }
  | { readonly error: InvocationError };

/** As measured here; wall-clock time grows with other load on the machine, processor time hardly does. */
export interface Load {
  readonly loadMilliseconds: number;
  readonly processorMilliseconds: number;
}

export interface ContainerOptions {
  readonly definition: FunctionDefinition;
  readonly surroundings: Surroundings;
  onLine(line: string, stream: 'stdout' | 'stderr'): void;
}

export class Container {
  readonly #child: ChildProcess;
  readonly #definition: FunctionDefinition;
  readonly ready: Promise<Load | { error: InvocationError }>;
  readonly exited: Promise<void>;
  readonly #output: OutputLines;
  /** A byte lets the frozen process go on with one invocation. */
  readonly #thaw: Writable;
  #alive = true;
  /** The first one counts: the consequences of a kill are not another outcome. */
  #conclude: ((outcome: Outcome) => void) | undefined;

  constructor({ definition, surroundings, onLine }: ContainerOptions) {
    this.#definition = definition;
    this.#child = spawn(
      process.execPath,
      [
        '--disable-warning=ExperimentalWarning',
        ...heapOptions(definition),
        runtimeFile,
        join(definition.folder, compiledCode),
      ],
      {
        cwd: definition.folder,
        env: processEnvironment(definition, surroundings),
        stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
        // A process group of its own: Ctrl-C reaches only the laptop, which then ends its containers.
        detached: true,
      },
    );
    this.#thaw = (this.#child.stdio[4] as Duplex).resume();
    this.#thaw.on('error', () => {
      // The process has ended, which its exit says.
    });
    this.#output = new OutputLines({ stdout: this.#child.stdout!, stderr: this.#child.stderr!, onLine });
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

  /** One at a time: the pool ensures it. */
  async invoke(event: unknown, requestId: string): Promise<Outcome> {
    const seconds = this.#definition.timeoutSeconds;
    const invocation: Invocation = {
      requestId,
      event,
      deadline: Date.now() + seconds * 1000,
      functionArn: this.#definition.arn,
    };
    const told = this.#output.until(endLine(requestId));
    let timer: NodeJS.Timeout | undefined;
    const outcome = new Promise<Outcome>((resolve) => {
      this.#conclude = resolve;
      timer = setTimeout(() => {
        resolve(
          failure('Sandbox.Timedout', `${requestId} Task timed out after ${seconds.toFixed(2)} seconds`),
        );
        this.kill();
      }, seconds * 1000);
      if (!this.#alive) resolve(failure('Runtime.ExitError', `RequestId: ${requestId} the process is gone`));
      else {
        this.#thaw.write('.');
        this.#child.send(invocation, (cause) => cause && this.#abandon(cause.message));
      }
    });
    const concluded = await outcome;
    clearTimeout(timer);
    this.#conclude = undefined;
    await Promise.race([told, this.exited]);
    return concluded;
  }

  kill(): void {
    this.#alive = false;
    this.#child.kill('SIGKILL');
  }

  #load(): Promise<Load | { error: InvocationError }> {
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
        if (said.kind === 'ready') resolve(said);
        if (said.kind === 'init-failed') resolve({ error: said.error });
        if (said.kind === 'result') this.#conclude?.(said);
        if (said.kind === 'failure') this.#conclude?.({ error: said.error });
      });
      this.exited.finally(() => clearTimeout(timer));
    });
  }

  /** For a process that cannot be reached. */
  #abandon(message: string) {
    this.#end(message);
    this.kill();
  }

  #end(message: string) {
    this.#alive = false;
    this.#conclude?.(failure('Runtime.ExitError', message));
  }
}

const failure = (errorType: string, errorMessage: string) => ({ error: { errorType, errorMessage } });
