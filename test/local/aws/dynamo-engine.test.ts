/** The DynamoDB engine starts quickly, many at once, and never outlives the process that started it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { startDynamoEngine } from '../../../lib/local/aws/dynamo-engine.ts';

const answers = (url: string) =>
  fetch(url).then(
    () => true,
    () => false,
  );

describe('the DynamoDB engine', () => {
  it('starts several at once, each on its own port, and closes them', async () => {
    const engines = await Promise.all([startDynamoEngine(), startDynamoEngine(), startDynamoEngine()]);
    const urls = engines.map((engine) => engine.url);

    expect(new Set(urls).size).toBe(3);
    expect(await Promise.all(urls.map(answers))).toEqual([true, true, true]);

    await Promise.all(engines.map((engine) => engine.close()));
    expect(await Promise.all(urls.map(answers))).toEqual([false, false, false]);
  });

  it('can be closed twice', async () => {
    const engine = await startDynamoEngine();

    await engine.close();
    await engine.close();

    expect(await answers(engine.url)).toBe(false);
  });

  it('ends when the process that started it is killed', async () => {
    const module = new URL('../../../lib/local/aws/dynamo-engine.ts', import.meta.url).href;
    const program = `const { startDynamoEngine } = await import(${JSON.stringify(module)});
      console.log((await startDynamoEngine()).url); setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program]);
    const [line] = await once(parent.stdout, 'data');
    const url = String(line).trim();
    expect(await answers(url)).toBe(true);

    parent.kill('SIGKILL');
    await once(parent, 'exit');

    // If it never ends, neither does the test, until jest ends it.
    while (await answers(url)) await new Promise((resolve) => setTimeout(resolve, 20));
  });
});
