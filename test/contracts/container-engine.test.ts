import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCliEngine, runArguments } from '../../lib/adapters/container-engine/cli-engine.ts';
import { runProgram } from '../../lib/adapters/container-engine/run-program.ts';
import { createHostGitHub } from '../../lib/adapters/github/host-github.ts';
import { systemClock } from '../../lib/adapters/system/clock.ts';
import { startGitHub } from '../../lib/local/github/start-github.ts';
import { createMemoryEngine } from '../fakes/container-engine.ts';
import { imageFor } from '../support/container-engine/image-for.ts';
import { startEngine } from '../support/container-engine/start-engine.ts';
import { timersUntilFailure } from '../support/virtual-deadlines.ts';
import { containerEngineContract } from './container-engine.contract.ts';

containerEngineContract('the fake in memory', async () => ({
  engine: createMemoryEngine(),
  image: 'mayfly-runner',
  environment: {},
  program: 'Runner.Listener',
  stop: async () => undefined,
}));

containerEngineContract('the adapter on the stand-in of a command line', async () => {
  const github = await startGitHub();
  const standIn = startEngine();
  await standIn.engine.build(imageFor(github), () => undefined);
  github.install({ login: 'acme' });
  const token = github.addPersonalToken({ login: 'acme', scopes: ['admin:org'] });
  const credential = { kind: 'token', read: async () => token } as const;
  const host = createHostGitHub({ apiUrl: github.url, clock: systemClock, credential });
  const scope = { kind: 'organization', organization: 'acme' } as const;
  const made = await host.register({ scope, name: 'mayfly-a', labels: ['linux'], runnerGroupId: 1 });
  return {
    engine: standIn.engine,
    image: 'mayfly-runner',
    environment: { ACTIONS_RUNNER_INPUT_JITCONFIG: made.ok ? made.value.jitConfig : '' },
    program: 'Runner.Listener',
    async stop() {
      await standIn.stop();
      await github.stop();
    },
  };
});

describe('the arguments of a container', () => {
  const container = {
    name: 'mayfly-a',
    image: 'mayfly-runner',
    labels: { a: 'b' },
    environment: { SECRET: 'x' },
    limits: {},
  };

  it("give a job no power over the host, and contain no variable's value", () => {
    const words = runArguments(container).join(' ');
    expect(words).toContain('--cap-drop ALL --security-opt no-new-privileges --pids-limit 4096');
    expect(words).toMatch(/--label a=b --env SECRET mayfly-runner$/);
    expect(words).not.toMatch(/--volume|--privileged|docker\.sock/);
  });

  it('have the socket, its group and limits only on request', () => {
    const asked = {
      ...container,
      socket: '/run/docker.sock',
      network: 'ci',
      limits: { memory: '4g', cpus: '2' },
    };
    expect(runArguments(asked, [998]).join(' ')).toContain(
      '--memory 4g --cpus 2 --network ci --volume /run/docker.sock:/var/run/docker.sock --group-add 998',
    );
  });
});

describe('a command line that hangs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-engine-'));
  const program = join(folder, 'docker');
  beforeAll(() => {
    writeFileSync(program, '#!/bin/sh\nexec sleep 600\n');
    chmodSync(program, 0o700);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const engine = createCliEngine({ program });
  const build = { tag: 'mayfly-runner', folder, arguments: {} };

  it.each<[string, number, () => Promise<unknown>]>([
    ['a question', 60, () => engine.version()],
    ['a start', 120, () => engine.run({ ...given, labels: {} })],
    ['a stop, beyond its grace', 70, () => engine.stop('mayfly-a', 10)],
    ['a build', 3_600, () => engine.build(build, () => undefined)],
  ])('is killed: %s, after %i s', async (_, seconds, begin) => {
    expect(await timersUntilFailure(begin)).toEqual([seconds * 1000]);
  });

  it('is read up to four million characters', async () => {
    const script = "process.stdout.write('x'.repeat(5_000_000))";
    const { out } = await runProgram(process.execPath, ['-e', script], {});
    expect(out.length).toBeGreaterThanOrEqual(4_000_000);
    expect(out.length).toBeLessThan(4_500_000);
  });
});

describe('the stand-in of a command line', () => {
  it('has no log of a container that another command removes at that moment', async () => {
    const standIn = startEngine();
    mkdirSync(join(standIn.programs, '..', 'containers', 'mayfly-a'), { recursive: true });
    const row = { id: 'a', name: 'mayfly-a', image: 'mayfly-runner', labels: {} };
    standIn.write('mayfly-a', 'container.json', JSON.stringify(row));
    expect(await standIn.engine.logs('mayfly-a', 10)).toBe('');
    expect(await standIn.engine.follow('mayfly-a', 10, () => undefined)).toBe(false);
    await standIn.stop();
  });
});

describe('an engine that does not answer', () => {
  it('is an operational failure with its output', async () => {
    const standIn = startEngine();
    standIn.turn('down', true);
    await expect(standIn.engine.version()).rejects.toThrow(/docker does not answer: Cannot connect/);
    await standIn.stop();
  });

  it('is reported as missing if there is no such program', async () => {
    const engine = createCliEngine({ program: '/nowhere/docker' });
    await expect(engine.version()).rejects.toMatchObject({ code: 'engine-missing' });
  });

  it('leaves a container that could not be started, to be seen as created', async () => {
    const github = await startGitHub();
    const standIn = startEngine();
    await standIn.engine.build(imageFor(github), () => undefined);
    standIn.turn('cannot-start', true);
    const broken = { ...given, labels: { 'dev.mayfly.host': 'one' } };
    await expect(standIn.engine.run(broken)).rejects.toThrow(/exec format error/);
    expect(await standIn.engine.list(['dev.mayfly.host', 'one'])).toMatchObject([{ state: 'created' }]);
    await standIn.stop();
    await github.stop();
  });
});

const given = { name: 'mayfly-a', image: 'mayfly-runner', environment: {}, limits: {} };
