/**
 * Time that passes only when everybody waits for it. Whatever is due in the same tick runs together, and the next tick
 * begins once all of that has come to rest: so a day of many thousand copies takes minutes, and is the same each time.
 */
import type { Clock } from '../../lib/ports/clock.ts';

export interface VirtualTime extends Clock {
  /** Runs `step` so many milliseconds from now, at the next tick at the earliest. */
  after(milliseconds: number, step: () => void): void;
  /** Lets time pass until nothing is left to do, or until then (epoch milliseconds). */
  runUntil(end: number): Promise<void>;
}

/** Fine enough for phases of tens of milliseconds, coarse enough for a day. */
const tickMilliseconds = 5;

export function createVirtualTime(start: number): VirtualTime {
  const due = new Map<number, (() => void)[]>();
  const ticks = createHeap();
  let tick = Math.floor(start / tickMilliseconds);
  const now = () => tick * tickMilliseconds;
  const after = (milliseconds: number, step: () => void) => {
    const at = tick + Math.max(1, Math.round(milliseconds / tickMilliseconds));
    const known = due.get(at);
    if (known) known.push(step);
    else {
      due.set(at, [step]);
      ticks.push(at);
    }
  };
  return {
    now,
    after,
    sleep: (milliseconds) => new Promise((resolve) => after(milliseconds, resolve)),
    async runUntil(end) {
      for (let next = ticks.pop(); next !== undefined; next = ticks.pop()) {
        if (next * tickMilliseconds > end) return;
        tick = next;
        const steps = due.get(next) ?? [];
        due.delete(next);
        for (const step of steps) step();
        await rest();
      }
    },
  };
}

/**
 * Once every promise that can go on has gone on: Node empties the queue of promises before it looks at the queue of ticks again.
 * A turn of the event loop takes longer than most ticks of a day.
 */
const rest = () => new Promise<void>((resolve) => queueMicrotask(() => process.nextTick(resolve)));

/** Numbers, the smallest first. */
function createHeap() {
  const heap: number[] = [];
  const swap = (a: number, b: number) => {
    [heap[a], heap[b]] = [heap[b]!, heap[a]!];
  };
  return {
    push(value: number) {
      heap.push(value);
      let n = heap.length - 1;
      for (let parent = (n - 1) >> 1; n > 0 && heap[parent]! > heap[n]!; parent = (n - 1) >> 1) {
        swap(n, parent);
        n = parent;
      }
    },
    pop(): number | undefined {
      const [smallest] = heap;
      const last = heap.pop();
      if (heap.length === 0 || last === undefined) return smallest;
      heap[0] = last;
      for (let n = 0; ; ) {
        const left = 2 * n + 1;
        if (left >= heap.length) return smallest;
        const child = left + 1 < heap.length && heap[left + 1]! < heap[left]! ? left + 1 : left;
        if (heap[child]! >= heap[n]!) return smallest;
        swap(n, child);
        n = child;
      }
    },
  };
}
