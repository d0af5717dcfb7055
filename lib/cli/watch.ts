/**
 * `--watch`: draws again and again until Ctrl-C. A terminal is cleared each time; in a file the outputs follow each
 * other.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandOption, Io } from './command.ts';

export const watchOption: CommandOption = {
  flags: '--watch',
  description: 'show it again every few seconds, until Ctrl-C',
};

export const watchSeconds = 5;

const clear = '\u001b[2J\u001b[H';

/** What to show, and the exit status. */
export interface Picture {
  readonly text: string;
  readonly status: number;
  /** Until it is drawn again. Absent: a few seconds. */
  readonly pauseSeconds?: number;
}

export interface Watching {
  readonly io: Io;
  draw(): Promise<Picture>;
  /** False: this was the last time. Absent: it pauses, and repeats forever. */
  again?(pauseSeconds: number): Promise<boolean>;
  readonly isTerminal?: boolean;
}

/** @returns the exit status of the last output */
export async function watch({ io, draw, again = pause, isTerminal = isScreen() }: Watching): Promise<number> {
  for (;;) {
    const { text, status, pauseSeconds = watchSeconds } = await draw();
    io.out(`${isTerminal ? clear : ''}${text}`);
    if (!(await again(pauseSeconds))) return status;
  }
}

async function pause(seconds: number): Promise<true> {
  await sleep(seconds * 1000);
  return true;
}

const isScreen = () => process.stdout.isTTY === true;
