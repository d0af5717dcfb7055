/** When a function gets another container, with a clock that the test moves and simulated containers. */
import { mock } from 'node:test';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Container, Outcome } from '../../../lib/local/lambda/container.ts';
import { ContainerPool } from '../../../lib/local/lambda/container-pool.ts';

describe('the containers of a function', () => {
  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'] });
    mock.method(performance, 'now', () => Date.now());
  });
  afterEach(() => mock.reset());

  /** Each invocation in these containers runs until the test ends it. */
  function givenPool({ loadMilliseconds = 0 } = {}) {
    const running: ((outcome: Outcome) => void)[] = [];
    let made = 0;
    const pool = new ContainerPool({
      concurrency: 10,
      idleMilliseconds: 1000,
      onLoaded: () => {},
      makeContainer() {
        made += 1;
        return {
          alive: true,
          ready: loaded(loadMilliseconds),
          exited: new Promise(() => {}),
          invoke: () => new Promise((end) => running.push(end)),
        } as unknown as Container;
      },
    });
    const run = () => pool.run({}, 'request');
    const end = () => running.shift()?.({ payload: 'null', processorMilliseconds: 0 });
    return { run, end, made: () => made };
  }
  const loaded = async (milliseconds: number) => {
    if (milliseconds > 0) await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return { loadMilliseconds: 1, processorMilliseconds: 1 };
  };
  /** And lets everybody who waited for it go on. */
  const pass = async (milliseconds: number) => {
    mock.timers.tick(milliseconds);
    await new Promise((resolve) => setImmediate(resolve));
  };

  it('grow by one only when the line has not moved for a moment', async () => {
    const { run, made } = givenPool();
    void run();
    await pass(0);
    void run();
    await pass(29);
    expect(made()).toBe(1);
    await pass(1);
    expect(made()).toBe(2);
  });

  it('grow later if loading takes long, since one is usually free by then', async () => {
    const { run, made } = givenPool({ loadMilliseconds: 400 });
    void run();
    await pass(400);
    void run();
    await pass(199);
    expect(made()).toBe(1);
    await pass(1);
    expect(made()).toBe(2);
  });

  it('are reused if one becomes free in time', async () => {
    const { run, end, made } = givenPool();
    const first = run();
    await pass(0);
    const second = run();
    await pass(29);
    end();
    await first;
    await pass(29);
    end();
    await second;
    expect(made()).toBe(1);
  });
});
