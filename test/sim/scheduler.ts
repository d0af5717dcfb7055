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
      while (isDue(time)) await inTurns(stepsAhead(time), () => runNext(time));
      now = Math.max(now, time);
    },
    steps: () => steps,
  };

  /** What is due wakes what comes soon after it: most of it falls into the same turn. */
  function stepsAhead(time: number): number {
    return Math.min(stepsInTurn, 4 * countDue(heap, { time, atMost: stepsInTurn / 4 }));
  }

  function isDue(time: number): boolean {
    return heap[0] !== undefined && heap[0].time <= time;
  }

  function runNext(time: number): void {
    const next = isDue(time) && heap[0];
    if (!next) return;
    pop(heap);
    now = next.time;
    steps += 1;
    next.action();
  }
}

/** A turn of Node's event loop costs as much as a step, so each takes several. */
const stepsInTurn = 32;

/**
 * Takes some steps in one turn of the event loop. After each of them Node lets promises that were woken run to their next
 * port call, before anything else happens, and so it does before this is over.
 */
function inTurns(steps: number, step: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = () => {
      try {
        step();
      } catch (error) {
        reject(error);
      }
    };
    for (let n = 0; n < steps; n++) setImmediate(next);
    setImmediate(resolve);
  });
}

const isBefore = (a: Entry, b: Entry) => a.time < b.time || (a.time === b.time && a.order < b.order);

/** How many entries come until then, of which it looks at no more than `atMost`. */
function countDue(heap: readonly Entry[], until: { time: number; atMost: number }, place = 0): number {
  const entry = heap[place];
  if (!entry || entry.time > until.time || until.atMost <= 0) return 0;
  const { time, atMost } = until;
  const left = 1 + countDue(heap, { time, atMost: atMost - 1 }, 2 * place + 1);
  return left + countDue(heap, { time, atMost: atMost - left }, 2 * place + 2);
}

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
