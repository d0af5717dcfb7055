/**
 * How machines come by GitHub's runner program, by HTTP alone: the syncer keeps a checked copy in the bucket, machines
 * without credentials install it from there, and neither a wrong checksum nor a bucket that is down stops a job.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Account, startWorld, tierLabels, type World } from './support/world.ts';

describe('runner programs', () => {
  let world: World;
  let acme: Account;
  let bucket: string;
  beforeAll(async () => {
    world = await startWorld({ machineImage: 'stock' });
    bucket = world.laptop.outputs['RunnerBinaries'] ?? '';
    acme = await world.install('acme');
  });
  afterEach(() => world.laptop.endpoint.dials.clear());
  afterAll(() => world?.close());

  const folder = 'runner/linux-x64/';
  const name = (version: string) => `actions-runner-linux-x64-${version}.tar.gz`;
  const current = () => world.laptop.buckets.read(bucket, `${folder}current`)?.toString();
  const sync = () => world.laptop.events.fireSchedule(`${world.laptop.environment}-runner-syncer`);

  /** @returns what the machine of a job printed, once the job is done */
  async function consoleOfJob(): Promise<string> {
    const before = world.laptop.ec2.instances().length;
    const jobId = world.queue(acme, tierLabels('small'));
    await world.untilCompleted([jobId]);
    await world.untilRest();
    return world.laptop.ec2.instances()[before]?.console ?? '';
  }

  it('come from GitHub while the bucket has none yet, with the checksum that GitHub gives', async () => {
    const text = await consoleOfJob();
    expect(current()).toBeUndefined();
    expect(text).toContain(`/actions/runner/releases/download/v2.337.0/${name('2.337.0')}`);
    expect(text).toContain('starting the runner');
  });

  it('are stored by the syncer, whole, and installed from there', async () => {
    await sync();
    expect(current()).toMatch(/^version=2\.337\.0\nsha256=[0-9a-f]{64}\narchive=/);
    expect(world.laptop.buckets.keys(bucket)).toEqual([`${folder}${name('2.337.0')}`, `${folder}current`]);
    const text = await consoleOfJob();
    expect(text).toMatch(new RegExp(`/_vpce/vpce-[0-9a-f]+/${bucket}/${folder}${name('2.337.0')}`));
    expect(text).not.toContain('releases/download');
  });

  it("are refused if the bytes do not match GitHub's checksum, and the last good one stays", async () => {
    const before = current();
    world.laptop.github.publishRunner({ version: '2.338.0', claimedSha256: '0'.repeat(64) });
    await sync();
    expect(current()).toBe(before);
    expect(world.laptop.buckets.keys(bucket)).not.toContain(`${folder}${name('2.338.0')}`);
    expect(await consoleOfJob()).toContain(`${folder}${name('2.337.0')}`);
  });

  it.each([
    ['before the archive is stored', 'before'],
    ['after the archive is stored', 'after'],
  ] as const)('stay unchanged if the syncer fails %s, and the next check does the rest', async (_, when) => {
    const version = when === 'before' ? '2.339.0' : '2.340.0';
    const before = current();
    world.laptop.github.publishRunner({ version });
    const error = { code: 'InternalError', status: 500 };
    world.laptop.endpoint.dials.set([{ service: 's3', action: 'PutObject', error, count: 1, when }]);
    await sync();
    expect(current()).toBe(before);
    await sync();
    expect(current()).toContain(`version=${version}\n`);
  });

  it('are two at most', () => {
    const archives = world.laptop.buckets.keys(bucket).filter((key) => key.endsWith('.tar.gz'));
    expect(archives).toEqual(['2.339.0', '2.340.0'].map((version) => `${folder}${name(version)}`));
  });

  it('come from GitHub if the bucket is down', async () => {
    const error = { code: 'ServiceUnavailable', status: 503 };
    world.laptop.endpoint.dials.set([{ service: 's3', action: 'GetObject', error, caller: 'anonymous' }]);
    const text = await consoleOfJob();
    expect(text).toContain(`/actions/runner/releases/download/v2.340.0/${name('2.340.0')}`);
  });

  it.each([
    ['from elsewhere', ''],
    ['through a foreign endpoint', '/_vpce/vpce-00000000000000000'],
  ])('cannot be read without credentials %s', async (_, gateway) => {
    const url = `${world.laptop.endpointUrl}${gateway}/${bucket}/${folder}current`;
    const answer = await fetch(url);
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain('<Code>AccessDenied</Code>');
  });

  it('are neither written nor listed by a machine', async () => {
    const printed = world.laptop.ec2.instances().map(({ console }) => console);
    const gateway = /\/_vpce\/vpce-[0-9a-f]+/.exec(printed.join(''))?.[0];
    const url = `${world.laptop.endpointUrl}${gateway}/${bucket}`;
    expect((await fetch(`${url}/${folder}current`)).status).toBe(200);
    const write = await fetch(`${url}/${folder}current`, { method: 'PUT', body: 'version=6.6.6\n' });
    const list = await fetch(`${url}?list-type=2`);
    expect([write.status, list.status]).toEqual([403, 403]);
  });
});
