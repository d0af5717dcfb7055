/**
 * A process that supervises, or runs a command: its calls travel, take effect, and are answered. It may die at a call
 * or between two calls. Requests that it has sent to GitHub or the engine may still arrive, within the time that the
 * supervisor relies on.
 */
import { type Context, failure, latestMs, strikes } from './context.ts';

export interface Process {
  isAlive: boolean;
  calls: number;
  /** It dies at this call. */
  readonly diesAt: number;
  diedAt: number;
  readonly onDeath: () => void;
}

export type Reach =
  /** The host's folder: a write is whole or not there. */
  'folder' | 'engine' | 'github';

/** A new promise each time, because whatever waits for a promise stays in memory as long as the promise does. */
const never = () => new Promise<never>(() => undefined);
const timeoutMs = { engine: 120_000, github: 10_000 };

export function kill({ scheduler }: Context, process: Process): void {
  if (!process.isAlive) return;
  process.isAlive = false;
  process.diedAt = scheduler.now();
  process.onDeath();
}

/** The port, as this process calls it. */
export function portOf<Port extends object>(
  context: Context,
  process: Process,
  { reach, target }: { reach: Reach; target: Port },
): Port {
  return new Proxy(target, {
    get(_target, member) {
      const method = Reflect.get(target, member) as unknown;
      if (typeof method !== 'function') return method;
      return async (...given: unknown[]) => {
        if (!process.isAlive) return never();
        const effect = () => Promise.resolve(Reflect.apply(method, target, given)) as Promise<unknown>;
        process.calls += 1;
        if (process.calls === process.diesAt)
          return die(context, process, { reach, effect, name: String(member) });
        const outcome =
          reach === 'folder'
            ? await settled(effect)
            : await travel(context, process, { reach, effect, name: String(member) });
        if (!process.isAlive) return never();
        if ('error' in outcome) throw outcome.error;
        return outcome.value;
      };
    },
  });
}

interface Made {
  readonly name: string;
  readonly effect: () => Promise<unknown>;
}

async function die(context: Context, process: Process, made: Made & { reach: Reach }): Promise<never> {
  const { random, scheduler } = context;
  const arrives = random.chance(0.6);
  context.tell(`  it dies at ${made.name}${arrives ? ', which takes effect' : ''}`);
  kill(context, process);
  if (arrives && made.reach === 'folder') await settled(made.effect);
  else if (arrives) scheduler.after(random.between(0, latestMs), () => void settled(made.effect));
  return never();
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

async function travel(
  context: Context,
  process: Process,
  made: Made & { reach: 'engine' | 'github' },
): Promise<Outcome> {
  const { random, scheduler } = context;
  const { reach, effect, name } = made;
  await scheduler.sleep(
    strikes(context, 'slow') ? random.between(1_000, timeoutMs[reach] - 1_000) : random.between(5, 400),
  );
  if (timeLeft(context, process) < 0) return never();
  const failed = { error: failure(`${reach} ${name}`) };
  if (context.isOut(reach) || strikes(context, 'failBefore')) return failed;
  if (reach === 'github' && context.isOut('credential')) {
    context.refusedAt = scheduler.now();
    return { value: { ok: false, refusal: { kind: 'forbidden', message: 'Bad credentials' } } };
  }
  if (reach === 'github' && strikes(context, 'limited')) {
    const refusal = { kind: 'limited', retryAfterSeconds: random.between(1, 90) };
    return { value: { ok: false, refusal } };
  }
  if (strikes(context, 'late')) {
    await scheduler.sleep(timeoutMs[reach]);
    const left = timeLeft(context, process);
    if (left >= 0) scheduler.after(random.between(0, left), () => void settled(effect));
    return failed;
  }
  const outcome = await settled(effect);
  await scheduler.sleep(random.between(1, 200));
  return strikes(context, 'failAfter') ? failed : outcome;
}

/** Requests of a sender that has died arrive within a bounded time after its death. */
const timeLeft = ({ scheduler }: Context, process: Process) =>
  process.isAlive ? latestMs : process.diedAt + latestMs - scheduler.now();

async function settled(effect: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await effect() };
  } catch (error) {
    return { error };
  }
}
