/**
 * What is shown while the demo runs: a legend and a line for each tenant. A terminal redraws them and erases them at the
 * end; elsewhere the legend is printed once and the lines now and then.
 */
import { styleText } from 'node:util';
import type { Ledger } from './ledger.ts';

export interface LiveView {
  draw(): void;
  end(): void;
}

const plainEveryMilliseconds = 2000;

const legend = [
  '  machines of the tenant: ■ running, · still allowed',
  '  jobs: █ done, ✗ refused, ▓ running, ░ waiting',
  '',
].join('\n');

export function createLiveView(ledger: Ledger, out: NodeJS.WriteStream): LiveView {
  let drawn = 0;
  let lastPlain = 0;
  const erase = () => {
    if (drawn > 0) out.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  return {
    draw() {
      const lines = [...ledger.accounts.values()].map((account) => tenantLine(ledger, account.login));
      const isFirst = drawn === 0 && lastPlain === 0;
      if (out.isTTY) {
        erase();
        const text = [legend, ...lines].join('\n');
        out.write(`${text}\n`);
        drawn = text.split('\n').length;
      } else if (Date.now() - lastPlain >= plainEveryMilliseconds) {
        lastPlain = Date.now();
        out.write(`${isFirst ? `${legend}\n` : ''}${lines.join('\n')}\n\n`);
      }
    },
    end: erase,
  };
}

function tenantLine(ledger: Ledger, login: string): string {
  const account = ledger.accounts.get(login);
  const own = [...ledger.jobs].filter(([, job]) => job.login === login);
  // GitHub keeps a refused job queued: only the platform's tables know that it was refused.
  const refused = own.filter(([jobId]) => ledger.refused.has(jobId)).length;
  const jobs = own.flatMap(([jobId, job]) => (ledger.refused.has(jobId) ? [] : [job]));
  const done = jobs.filter(({ conclusion }) => conclusion !== undefined).length;
  const running = jobs.filter(
    ({ startedAt, conclusion }) => startedAt !== undefined && conclusion === undefined,
  ).length;
  const waiting = jobs.length - done - running;
  const { running: machines = 0, limit = 0 } = account ?? {};
  const slots =
    styleText('yellow', '■'.repeat(machines)) + styleText('dim', '·'.repeat(Math.max(0, limit - machines)));
  const bar =
    styleText('green', '█'.repeat(done)) +
    styleText('red', '✗'.repeat(refused)) +
    styleText('cyan', '▓'.repeat(running)) +
    styleText('dim', '░'.repeat(waiting));
  return `  ${login.padEnd(9)} ${slots}${' '.repeat(Math.max(0, 10 - limit))}  ${bar}  ${done} of ${own.length} done${refused > 0 ? `, ${refused} refused` : ''}`;
}
