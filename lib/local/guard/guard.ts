/**
 * A process that briefly outlives the laptop platform, however the platform ended. It waits at a pipe that the kernel
 * closes at that moment, ends all of the platform's processes, and removes its folder.
 *
 * It also watches the process that started the platform. If npm puts a shell in between, SIGTERM kills that shell and
 * is not passed on: then the guard stops the platform.
 */
import { removeFolder } from './laptop-folder.ts';
import { endProcessesOf } from './laptop-processes.ts';
import { killProcess, lookAt } from './processes.ts';

const watchMilliseconds = 250;
/** The platform has this long to close by itself. */
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
