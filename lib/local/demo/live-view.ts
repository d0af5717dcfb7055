/**
 * What is seen while the demo runs: a line for each tenant, drawn again and again on a terminal, and a line now and then
 * where there is none.
 */
import { styleText } from 'node:util';
import type { Books } from './books.ts';

export interface LiveView {
  draw(): void;
  end(): void;
}

const plainEveryMilliseconds = 2000;

export function createLiveView(books: Books, out: NodeJS.WriteStream): LiveView {
  let drawn = 0;
  let lastPlain = 0;
  const erase = () => {
    if (drawn > 0) out.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  return {
    draw() {
      const lines = [...books.accounts.values()].map((account) => tenantLine(books, account.login));
      if (out.isTTY) {
        erase();
        out.write(`${lines.join('\n')}\n`);
        drawn = lines.length;
      } else if (Date.now() - lastPlain >= plainEveryMilliseconds) {
        lastPlain = Date.now();
        out.write(`${lines.join('\n')}\n\n`);
      }
    },
    end: erase,
  };
}

function tenantLine(books: Books, login: string): string {
  const account = books.accounts.get(login);
  const jobs = [...books.jobs.values()].filter((job) => job.login === login);
  const done = jobs.filter(({ conclusion }) => conclusion !== undefined).length;
  const running = jobs.filter(
    ({ startedAt, conclusion }) => startedAt !== undefined && conclusion === undefined,
  ).length;
  const queued = jobs.length - done - running;
  const { running: machines = 0, limit = 0 } = account ?? {};
  const slots =
    styleText('yellow', '■'.repeat(machines)) + styleText('dim', '·'.repeat(Math.max(0, limit - machines)));
  const bar =
    styleText('green', '█'.repeat(done)) +
    styleText('cyan', '▓'.repeat(running)) +
    styleText('dim', '░'.repeat(queued));
  return `  ${login.padEnd(9)} ${slots}${' '.repeat(Math.max(0, 10 - limit))}  ${bar}  ${done}/${jobs.length} done`;
}
