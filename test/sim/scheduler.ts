/**
 * Virtual time. Everything that happens is an action at a time; they run one by one, earliest first, and whatever an
 * action wakes has come to rest before the next one runs. No real timer is used, so a run takes no longer than its work.
 */
export interface Scheduler {
  /** Epoch milliseconds. */
  now(): number;
  /** Runs the action after so many virtual milliseconds. */
  after(milliseconds: number, action: () => void): void;
  sleep(milliseconds: number): Promise<void>;
  /** Runs what is due until then. */
  runUntil(time: number): Promise<void>;
  /** How many actions ran. */
  steps(): number;
}

interface Entry {
  readonly time: number;
  readonly order: number;
  readonly action: () => void;
}

export function createScheduler(start: number): Scheduler {
  const heap: Entry[] = [];
  let now = start;
  let orders = 0;
  let steps = 0;

  const after = (milliseconds: number, action: () => void) =>
    push(heap, { time: now + Math.max(0, milliseconds), order: orders++, action });
  return {
    now: () => Math.floor(now),
    after,
    sleep: (milliseconds) => new Promise((resolve) => after(milliseconds, resolve)),
    async runUntil(time) {
      if (isDue(time)) await oneByOne(() => runNext(time));
      now = Math.max(now, time);
    },
    steps: () => steps,
  };

  function isDue(time: number): boolean {
    return heap[0] !== undefined && heap[0].time <= time;
  }

  /** @returns false: nothing is due any more */
  function runNext(time: number): boolean {
    const next = isDue(time) && heap[0];
    if (!next) return false;
    pop(heap);
    now = next.time;
    steps += 1;
    next.action();
    return true;
  }
}

/** Node looks for unhandled rejections once a turn. A turn for each step would cost as much as the step. */
const stepsOfATurn = 32;

/**
 * Takes a step after the other for as long as there is one. After each, Node lets promises that were woken run to their
 * next port call: it empties the queue of promises before it looks at the queue of ticks again.
 */
function oneByOne(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let steps = 0;
    const next = () => {
      try {
        if (step()) queueMicrotask(afterOthers);
        else resolve();
      } catch (error) {
        reject(error);
      }
    };
    const afterOthers = () => {
      steps += 1;
      if (steps % stepsOfATurn === 0) setImmediate(next);
      else process.nextTick(next);
    };
    afterOthers();
  });
}

const isBefore = (a: Entry, b: Entry) => a.time < b.time || (a.time === b.time && a.order < b.order);

function push(heap: Entry[], entry: Entry): void {
  let place = heap.length;
  heap.push(entry);
  while (place > 0) {
    const parent = (place - 1) >> 1;
    if (!isBefore(entry, heap[parent]!)) break;
    heap[place] = heap[parent]!;
    place = parent;
  }
  heap[place] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop()!;
  if (heap.length === 0) return;
  let place = 0;
  for (;;) {
    let child = 2 * place + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
    if (!isBefore(heap[child]!, last)) break;
    heap[place] = heap[child]!;
    place = child;
  }
  heap[place] = last;
}
