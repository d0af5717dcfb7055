/**
 * A process that outlives the laptop platform for a moment, whatever ended the platform: it waits at a pipe that the
 * kernel closes then, ends all of the platform's processes, and removes its folder.
 *
 * It also watches the process that started the platform. A shell that npm puts in between dies of SIGTERM without passing
 * it on: then the guard stops the platform.
 */
import { removeFolder } from './laptop-folder.ts';
import { endProcessesOf } from './laptop-processes.ts';
import { killProcess, lookAt } from './processes.ts';

const watchMilliseconds = 250;
/** To close by itself. */
const patienceMilliseconds = 3_000;

const [folder = '', starter = ''] = process.argv.slice(2);
const [laptop, owner] = [lookAt(process.ppid), starter === '' ? undefined : lookAt(Number(starter))];

const isAlive = (look: typeof laptop) => look && lookAt(look.id)?.startTime === look.startTime;

function stopLaptop(signal: NodeJS.Signals): void {
  if (laptop && isAlive(laptop)) killProcess(laptop.id, signal);
}

const watch = setInterval(() => {
  if (starter === '' || isAlive(owner)) return;
  clearInterval(watch);
  stopLaptop('SIGTERM');
  setTimeout(() => stopLaptop('SIGKILL'), patienceMilliseconds);
}, watchMilliseconds);

process.stdin.resume().once('close', async () => {
  clearInterval(watch);
  await endProcessesOf(folder);
  removeFolder(folder);
  process.exit();
});
