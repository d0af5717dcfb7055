/**
 * A process that waits at a pipe, which the kernel closes when the test ends, however it ends. Then it ends the
 * supervisor and the containers that a killed test left behind, and removes their folders: node end-with-test.ts
 * FOLDER...
 */
import { rmSync } from 'node:fs';
import { allProcesses, environmentOf, killProcess } from '../../lib/local/guard/processes.ts';

const folders = process.argv.slice(2);
const marks = folders.flatMap((folder) => [`MAYFLY_TEST_HOST=${folder}`, `CONTAINER=${folder}/`]);
const isMarked = (id: number) =>
  environmentOf(id).some((entry) => marks.some((mark) => entry.startsWith(mark)));

process.stdin.resume().once('close', () => {
  // The supervisor first, because it would start another container.
  for (let look = 0; look < 2; look += 1) {
    const all = allProcesses();
    const marked = new Set(all.filter(({ id }) => isMarked(id)).map(({ id }) => id));
    // Processes that a container starts may have another environment, but they are in its session.
    const left = all.filter(({ id, session }) => marked.has(id) || marked.has(session));
    for (const { id } of left) killProcess(id, 'SIGKILL');
  }
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
