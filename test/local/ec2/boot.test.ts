/** A machine's whole life with the real boot script, against a claim URL and a GitHub that the test plays. */
import { verify, X509Certificate } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from './given.ts';
import { givenMachineWorld, type MachineWorldOptions, type Reply, run, runGated } from './machine-world.ts';

let world: Awaited<ReturnType<typeof givenMachineWorld>>;
const given = async (options: MachineWorldOptions) => {
  world = await givenMachineWorld(options);
  return world;
};
const ended = () =>
  eventually(
    () => [world.machine.state, world.machine.console],
    ([state]) => state === 'terminated',
  );

afterEach(() => world.close());

const spot = { claims: (url: string) => [run(url)], idleSeconds: 60, spot: true };
/** Lives of some seconds in which nothing may happen: they begin with the first test, and pass during the others. */
const patient = {
  'a runner without a job': { claims: (url: string) => [run(url)], idleSeconds: 5 },
  'a spot machine that stays': { ...spot, jobMilliseconds: 2_500 },
};
const begun = new Map<string, typeof world>();
beforeAll(async () => {
  for (const [name, options] of Object.entries(patient)) begun.set(name, await givenMachineWorld(options));
});
afterAll(() => Promise.all([...begun.values()].map(({ close }) => close())));

function givenBegun(name: keyof typeof patient) {
  world = begun.get(name)!;
  begun.delete(name);
  return world;
}

describe('a machine with a job', () => {
  it('claims, confirms, runs the job as the runner, and powers off', async () => {
    const { paths, states, machine } = await given({ claims: (url) => [run(url)], jobMilliseconds: 50 });

    await ended();

    expect(paths()).toEqual([
      '/claim',
      '/confirm',
      '/_runner/session',
      '/_runner/message',
      '/_runner/jobs/7/started',
      '/_runner/jobs/7/completed',
    ]);
    await eventually(
      () => states,
      (seen) => seen.length === 4,
    );
    expect(states).toEqual(['pending', 'running', 'shutting-down', 'terminated']);
    expect(machine.stateReason?.code).toBe('Client.InstanceInitiatedShutdown');
  });

  it('proves its identity both to claim and to confirm, and reports how long it took', async () => {
    const { asked, machine, ec2 } = await given({ claims: (url) => [run(url)], jobMilliseconds: 1 });

    await ended();

    const [claim, confirm] = asked.map((request) => request.body);
    const request = JSON.parse(claim as string);
    const { timings, ...confirmed } = JSON.parse(confirm as string);
    expect(confirmed).toEqual({ ...request, gated: false });
    const time = expect.any(Number);
    expect(timings).toEqual({ up: 0, prepared: time, claimed: time });
    const document = Buffer.from(request.document, 'base64');
    const { publicKey } = new X509Certificate(ec2.identityCertificatePem);
    expect(verify('sha256', document, publicKey, Buffer.from(request.signature, 'base64'))).toBe(true);
    expect(JSON.parse(document.toString())).toMatchObject({
      instanceId: machine.instanceId,
      region: 'us-east-1',
      accountId: '123456789012',
    });
    expect(request.ticket).toBe('ticket.of-launch');
    expect(request.nonce).toMatch(/^[0-9a-f]{32}$/);
  });

  it('shows its steps on the console, and no secret', async () => {
    const { machine, asked, jitConfig } = await given({ claims: (url) => [run(url)], jobMilliseconds: 1 });

    await ended();

    const steps = [...machine.console.matchAll(/^mayfly \d{4}-\S+T\S+\.\d{3}Z (\S+)/gm)].map(
      ([, step]) => step,
    );
    expect(steps).toEqual(
      'boot metadata identity runner user harden claim confirm run ended power-off'.split(' '),
    );
    const { ticket, nonce, signature } = JSON.parse(asked[0]?.body as string);
    for (const secret of [ticket, nonce, signature, jitConfig, 'runner-token']) {
      expect(machine.console).not.toContain(secret);
    }
  });

  it('gives the runner the JIT config, and the claim URL no runner token', async () => {
    const { asked } = await given({ claims: (url) => [run(url)], jobMilliseconds: 1 });

    await ended();

    const tokens = asked.map((request) => request.authorization);
    expect(tokens.slice(0, 2)).toEqual([undefined, undefined]);
    expect(new Set(tokens.slice(2))).toEqual(new Set(['Bearer runner-token']));
  });
});

describe('a machine with a start gate', () => {
  const admit = { status: 200, body: 'action=admit\n' };
  const reject = { status: 200, body: "action=reject\nwhy=No job of acme/app may run: it's not allowed.\n" };
  const gated = (starts: readonly Reply[], over: Partial<MachineWorldOptions> = {}) =>
    given({
      claims: (url) => [runGated(url)],
      jobMilliseconds: 1,
      starts,
      steps: ['step=pre always() 1 prepare', 'step=main success() 1 build', 'step=main always() 1 clean'],
      ...over,
    });
  const told = (kind: string) =>
    world.asked
      .filter(({ path }) => path === `/_runner/jobs/7/${kind}`)
      .map(({ body }) => (JSON.parse(body) as { text: string }).text);

  it('lets the job begin once the platform admits it, and asks again until then', async () => {
    const { asked, machine } = await gated([
      { status: 503 },
      { status: 429, body: '{"Reason":"ConcurrentInvocationLimitExceeded"}' },
      { status: 200, body: 'action=again\n' },
      admit,
    ]);

    await ended();

    expect(told('step')).toEqual(['prepare', 'build', 'clean']);
    expect(asked.at(-1)).toMatchObject({ path: '/_runner/jobs/7/completed', body: '' });
    const [claim, confirm, start] = ['/claim', '/confirm', '/start'].map((path) =>
      JSON.parse(asked.find((request) => request.path === path)?.body ?? ''),
    );
    expect(confirm).toMatchObject({ ...claim, gated: true });
    expect(start).toMatchObject({ ...claim, hint: { repository: 'acme/app', runId: 9 } });
    for (const secret of [claim.ticket, claim.nonce, claim.signature]) {
      expect(machine.console).not.toContain(secret);
      expect(told('log').join()).not.toContain(secret);
    }
  });

  it.each([
    ['rejects it', [reject], "No job of acme/app may run: it's not allowed."],
    ['refuses its request', [{ status: 403, body: 'why=not-listening\n' }], 'No decision on whether'],
    ['gives no answer', [{ status: 500 }], 'No decision on whether'],
  ])('lets no step of the job run, and powers off, where the platform %s', async (_, starts, why) => {
    const { asked, machine } = await gated(starts, { gateSeconds: 2 });

    await ended();

    expect(told('step')).toEqual([]);
    const errors = told('log').filter((line) => line.startsWith('##[error]'));
    expect(errors.toSorted()).toEqual([
      expect.stringContaining(why),
      expect.stringContaining('The runner has received a shutdown signal'),
    ]);
    expect(asked.at(-1)).toMatchObject({ body: '{"conclusion":"failure"}' });
    expect(machine.console).toMatch(/ gate the job may not run: .*\n[\s\S]* power-off status 0\n/);
  });

  it("asks nothing if the claim's answer contains no gate", async () => {
    const { paths } = await gated([reject], { claims: (url) => [run(url)] });

    await ended();

    expect(paths()).not.toContain('/start');
    expect(told('step')).toEqual(['prepare', 'build', 'clean']);
    expect(told('log')).toEqual([]);
  });
});

describe('a spot machine', () => {
  it('ends its job, which fails, and powers off when EC2 reclaims it', async () => {
    const { machine, asked, ec2, paths } = await given({ ...spot, jobMilliseconds: 60_000 });
    await eventually(
      () => paths(),
      (seen) => seen.includes('/_runner/jobs/7/started'),
    );

    ec2.warnSpot(machine.instanceId);
    await ended();

    expect(asked.at(-1)).toMatchObject({
      path: '/_runner/jobs/7/completed',
      body: '{"conclusion":"failure"}',
    });
    expect(machine.console).toMatch(/ spot EC2 is reclaiming this machine[\s\S]*ended with 0/);
    expect(machine.stateReason?.code).toBe('Client.InstanceInitiatedShutdown');
  });

  it('runs its job to the end if it is not', async () => {
    const { machine, paths } = givenBegun('a spot machine that stays');

    await ended();

    expect(paths().at(-1)).toBe('/_runner/jobs/7/completed');
    expect(machine.console).not.toContain(' spot ');
  });
});

describe('a machine without a job', () => {
  it('powers off if the answer is to stand down', async () => {
    const { paths, machine } = await given({
      claims: () => [{ status: 200, body: 'action=stand-down\nwhy=the job was cancelled\n' }],
    });

    await ended();

    expect(paths()).toEqual(['/claim']);
    expect(machine.console).toMatch(/ stand-down the job was cancelled\n/);
  });

  it('powers off if the claim is forbidden', async () => {
    const { paths } = await given({ claims: () => [{ status: 403 }] });

    await ended();

    expect(paths()).toEqual(['/claim']);
  });

  it('powers off if the confirm is refused, without starting the runner', async () => {
    const { paths } = await given({ claims: (url) => [run(url)], confirm: { status: 403 } });

    await ended();

    expect(paths()).toEqual(['/claim', '/confirm']);
  });

  it('asks again with the same nonce if the answer says so, and if the call fails', async () => {
    const { asked } = await given({
      claims: () => [
        { status: 200, body: 'action=again\nseconds=0\n' },
        { status: 503 },
        { status: 200, body: 'action=stand-down\nwhy=nothing waits\n' },
      ],
    });

    await ended();

    expect(asked).toHaveLength(3);
    expect(new Set(asked.map((request) => request.body)).size).toBe(1);
  });

  it('powers off on an unknown answer', async () => {
    const { machine } = await given({ claims: () => [{ status: 200, body: '<html>' }] });

    await ended();

    expect(machine.console).toContain('the answer has an unknown action');
  });

  it('stops a runner that gets no job', async () => {
    const { machine, paths } = givenBegun('a runner without a job');

    await ended();

    expect(paths().at(-1)).toBe('/_runner/message');
    expect(machine.console).toMatch(
      /watchdog no job within 5 s[\s\S]*runner: interrupted[\s\S]*ended with 0/,
    );
  });

  it('powers off at the end of its life, whatever hangs', async () => {
    const { machine, paths } = await given({
      claims: (url) => [run(url)],
      extraUserData: 'sleep 86400',
      lifeMinutes: 0,
    });

    await ended();

    expect(machine.stateReason?.code).toBe('Client.InstanceInitiatedShutdown');
    expect(machine.console).not.toContain(' power-off ');
    expect(paths()).toEqual([]);
  });

  it('lets a job that has begun run past the idle limit', async () => {
    const { machine, paths } = await given({
      claims: (url) => [run(url)],
      idleSeconds: 5,
      jobMilliseconds: 6000,
    });

    await ended();

    expect(paths().at(-1)).toBe('/_runner/jobs/7/completed');
    expect(machine.console).not.toContain('watchdog');
  });
});
