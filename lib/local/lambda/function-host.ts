/**
 * The laptop's functions: how each is defined, under whose keys it runs, and what its runs have cost. It knows nothing of
 * queues, URLs or schedules; those call `invoke` and `invokeLater`.
 */
import { randomUUID } from 'node:crypto';
import { AccountConcurrency } from './account-concurrency.ts';
import { Container } from './container.ts';
import { ContainerPool } from './container-pool.ts';
import type { FunctionCredentials, FunctionDefinition } from './function-definition.ts';
import type { InvocationError } from './runtime-messages.ts';

export type InvokeResult = { readonly payload: unknown } | { readonly error: InvocationError };

/** What a function has used, as a bill would count it. */
export interface FunctionUsage {
  readonly memoryMegabytes: number;
  invocations: number;
  failures: number;
  /** Invocations that found no copy free; they are not failures, for the function never saw them. */
  throttles: number;
  coldStarts: number;
  /** Loading included: Lambda bills it. */
  billedMilliseconds: number;
  /** Processor time of the same, which does not grow on a busy machine. */
  processorMilliseconds: number;
}

export interface FunctionHostOptions {
  readonly region: string;
  readonly endpointUrl: string;
  /** Containers of one function, at most. Default 10. */
  readonly concurrency?: number;
  /** Copies of all functions at once, as in an account's quota. Default: no limit. */
  readonly accountConcurrency?: number;
  readonly idleMilliseconds?: number;
  /** How long an asynchronous invocation waits before its first and second retry: one and two minutes on AWS. */
  readonly retryDelaysMilliseconds?: readonly number[];
  onLine?(line: LogLine): void;
}

export interface LogLine {
  readonly functionName: string;
  readonly logGroup: string;
  readonly logStream: string;
  readonly text: string;
  readonly stream: 'stdout' | 'stderr' | 'host';
}

/** How an asynchronous invocation that failed or was throttled is repeated. */
export interface Repeats {
  readonly attempts: number;
  /** Since it arrived. */
  readonly withinMilliseconds: number;
}

interface HostedFunction {
  readonly definition: FunctionDefinition;
  readonly pool: ContainerPool;
  readonly usage: FunctionUsage;
  repeats: Repeats;
  credentials: FunctionCredentials | undefined;
}

/** Lambda's answer if no copy is free. */
export const throttled = 'TooManyRequestsException';
const throttleDelayMilliseconds = 1000;
/** Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html */
const usualRepeats: Repeats = { attempts: 2, withinMilliseconds: 6 * 3_600_000 };

export class FunctionHost {
  readonly #options: FunctionHostOptions;
  readonly #functions = new Map<string, HostedFunction>();
  readonly #retries = new Set<NodeJS.Timeout>();
  #underWay = 0;
  readonly #concurrency: AccountConcurrency;
  #closed = false;

  constructor(options: FunctionHostOptions) {
    this.#options = options;
    this.#concurrency = new AccountConcurrency(options.accountConcurrency);
  }

  get names(): readonly string[] {
    return [...this.#functions.keys()];
  }

  /** Requested invocations that have not ended; those that wait for a retry are not included. */
  get underWay(): number {
    return this.#underWay;
  }

  define(definition: FunctionDefinition): void {
    const usage: FunctionUsage = {
      memoryMegabytes: definition.memoryMegabytes,
      invocations: 0,
      failures: 0,
      throttles: 0,
      coldStarts: 0,
      billedMilliseconds: 0,
      processorMilliseconds: 0,
    };
    const pool = new ContainerPool({
      concurrency: this.#options.concurrency ?? 10,
      idleMilliseconds: this.#options.idleMilliseconds ?? 120_000,
      makeContainer: () => this.#makeContainer(definition),
      onLoaded: ({ milliseconds, processorMilliseconds = 0, error }) => {
        usage.coldStarts += 1;
        usage.processorMilliseconds += processorMilliseconds;
        usage.billedMilliseconds += Math.ceil(milliseconds);
        if (error) this.#log(definition, `Init failed: ${error.errorType}: ${error.errorMessage}`);
      },
    });
    this.#functions.set(definition.name, {
      definition,
      pool,
      usage,
      repeats: usualRepeats,
      credentials: undefined,
    });
  }

  /** @throws Error if too little would be left for the other functions */
  reserve(name: string, copies: number): void {
    this.#concurrency.reserve(name, copies);
  }

  definition(name: string): FunctionDefinition {
    return this.#get(name).definition;
  }

  /** The keys of the function's role; without them it cannot be invoked. */
  authorize(name: string, credentials: FunctionCredentials): void {
    this.#get(name).credentials = credentials;
  }

  /** For those that are given; Lambda's own defaults for the others. */
  setRepeats(name: string, repeats: Partial<Repeats>): void {
    this.#get(name).repeats = { ...usualRepeats, ...repeats };
  }

  /** Resolves when the invocation has ended, and all of its output has been passed on. */
  async invoke(name: string, event: unknown): Promise<InvokeResult> {
    const hosted = this.#get(name);
    const end = this.#concurrency.take(name);
    if (!end) {
      hosted.usage.throttles += 1;
      return { error: { errorType: throttled, errorMessage: `No copy of ${name} is free: Rate Exceeded.` } };
    }
    this.#underWay += 1;
    try {
      return await this.#run(hosted, event);
    } finally {
      this.#underWay -= 1;
      end();
    }
  }

  async #run(hosted: HostedFunction, event: unknown): Promise<InvokeResult> {
    const { definition, usage } = hosted;
    const requestId = randomUUID();
    let started: number | undefined;
    const outcome = await hosted.pool.run(event, requestId, () => {
      started = performance.now();
    });
    usage.invocations += 1;
    if (started !== undefined) usage.billedMilliseconds += Math.ceil(performance.now() - started);
    if (!('error' in outcome)) usage.processorMilliseconds += outcome.processorMilliseconds;
    const answer = 'error' in outcome ? outcome : answerOf(outcome.payload);
    if ('payload' in answer) return answer;
    usage.failures += 1;
    this.#log(definition, `${answer.error.errorType}: ${answer.error.errorMessage}`);
    return answer;
  }

  /**
   * As an event source that needs no answer: retries a failed invocation later. Resolves when the first attempt has
   * ended; its outcome is not returned.
   */
  async invokeLater(name: string, event: unknown, { attempt, since } = firstAttempt()): Promise<void> {
    const hosted = this.#get(name);
    const result = await this.invoke(name, event);
    if (!('error' in result) || this.#closed) return;
    const delays = this.#options.retryDelaysMilliseconds ?? [60_000, 120_000];
    // Throttling does not count as an attempt.
    const isThrottled = result.error.errorType === throttled;
    const delay = isThrottled ? throttleDelayMilliseconds : delays[attempt];
    const { attempts, withinMilliseconds } = hosted.repeats;
    const isOld = delay !== undefined && Date.now() + delay - since > withinMilliseconds;
    if (delay === undefined || isOld || (!isThrottled && attempt >= attempts)) {
      this.#log(hosted.definition, `Gave up an asynchronous event after ${attempt + 1} attempts.`);
      return;
    }
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      void this.invokeLater(name, event, { attempt: isThrottled ? attempt : attempt + 1, since });
    }, delay);
    timer.unref();
    this.#retries.add(timer);
  }

  async prewarm(name: string): Promise<void> {
    await this.#get(name).pool.prewarm();
  }

  /** For tests of crashes: kills one container, of this function or of any. False: none is alive. */
  killRandomContainer(name?: string): boolean {
    const pools = name ? [this.#get(name).pool] : [...this.#functions.values()].map(({ pool }) => pool);
    const living = pools.flatMap(({ containers }) => containers.filter(({ alive }) => alive));
    const victim = living[Math.floor(Math.random() * living.length)];
    victim?.kill();
    return victim !== undefined;
  }

  /** Process ids of the live containers. */
  processIds(name: string): number[] {
    return this.#get(name).pool.containers.flatMap(({ alive, processId }) =>
      alive && processId !== undefined ? [processId] : [],
    );
  }

  usage(): ReadonlyMap<string, Readonly<FunctionUsage>> {
    return new Map([...this.#functions].map(([name, { usage }]) => [name, { ...usage }]));
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#retries) clearTimeout(timer);
    await Promise.all([...this.#functions.values()].map(({ pool }) => pool.close()));
  }

  #makeContainer(definition: FunctionDefinition): Container {
    const { region, endpointUrl } = this.#options;
    const { credentials } = this.#get(definition.name);
    if (!credentials)
      throw new Error(`The function ${definition.name} has no keys yet; call authorize first.`);
    const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
    const logStream = `${day}/[$LATEST]${randomUUID().replaceAll('-', '')}`;
    return new Container({
      definition,
      surroundings: { region, endpointUrl, credentials, logStream },
      onLine: (text, stream) =>
        this.#options.onLine?.({
          functionName: definition.name,
          logGroup: definition.logGroup,
          logStream,
          text,
          stream,
        }),
    });
  }

  #log({ name, logGroup }: FunctionDefinition, text: string) {
    this.#options.onLine?.({ functionName: name, logGroup, logStream: 'host', text, stream: 'host' });
  }

  #get(name: string): HostedFunction {
    const hosted = this.#functions.get(name);
    if (hosted) return hosted;
    throw new Error(`There is no function ${name}; there are ${this.names.join(', ') || 'none'}.`);
  }
}

/**
 * What is larger is lost, although the handler has done its work.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html; error and number are those that Lambda gives.
 */
const mostPayloadBytes = 6_291_556;

function answerOf(payload: string): InvokeResult {
  if (Buffer.byteLength(payload) <= mostPayloadBytes) return { payload: JSON.parse(payload) as unknown };
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${mostPayloadBytes} bytes).`;
  return { error: { errorType: 'Function.ResponseSizeTooLarge', errorMessage } };
}

const firstAttempt = () => ({ attempt: 0, since: Date.now() });
