/**
 * What happens seldom, brought about: each grant that functions hold for it is seen in use, by the laptop's own IAM log.
 * Where time must pass, or facts must have come in another order, the operator edits the rows.
 */
import {
  CreateFleetCommand,
  type CreateFleetCommandInput,
  EC2Client,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { capsNote } from '../../lib/app/reconciler/reconcile-leases.ts';
import { visitNote } from '../../lib/app/reconciler/reconcile-tenants.ts';
import { InstallationId } from '../../lib/core/ids.ts';
import defaultConfig from '../../mayfly.config.ts';
import { usedGrants } from '../iam/evidence.ts';
import { grantKey } from '../iam/grant.ts';
import type { PlainRow } from './support/operator.ts';
import { letDeadlinePass } from './support/overdue.ts';
import { until } from './support/until.ts';
import { type Account, endlessMilliseconds, startWorld, tierLabels, type World } from './support/world.ts';

const { small, ...others } = defaultConfig.tiers;

describe('rare events', () => {
  let world: World;
  let acme: Account;
  beforeAll(async () => {
    const instanceRoleArn = 'arn:aws:iam::000000000000:role/jobs-of-small';
    const tiers = { small: { ...small!, spot: true, capOverAllTenants: 2, instanceRoleArn }, ...others };
    world = await startWorld({ config: { ...defaultConfig, tiers } });
    acme = await world.install('acme', { maxRunners: 5 });
  });
  afterEach(() => world.laptop.endpoint.dials.clear());
  afterAll(() => world?.close());

  const queue = (milliseconds?: number) => world.queue(acme, tierLabels('small'), milliseconds);
  const untilNeeded = (grant: string) =>
    until(`some call needs ${grant}`, () => usedGrants(world.laptop).map(grantKey).includes(grant), {
      seen: () => usedGrants(world.laptop).map(grantKey),
    });
  const machineOf = (jobId: number) =>
    world.laptop.github.state().jobs.find(({ id }) => id === jobId)?.runnerName ?? '';
  const edit = (row: PlainRow, changes: Record<string, string | number>) =>
    world.operator.edit('runners', { instance_id: String(row['instance_id']) }, changes);

  async function openLaunch(): Promise<PlainRow> {
    let found: PlainRow[] = [];
    await until('a launch is open', async () => {
      found = (await world.operator.rows('launches')).filter(
        ({ state }) => state === 'intent' || state === 'answered',
      );
      return found.length === 1;
    });
    return found[0] as PlainRow;
  }

  async function sweepLaunch(launch: PlainRow): Promise<void> {
    const past = Date.now() - 1000;
    const key = { launch_id: String(launch['launch_id']) };
    await world.operator.edit('launches', key, { call_until: past });
    await world.sweep();
  }

  it("has the sweep start a launch that never reached EC2, the account's first spot machine", async () => {
    const { dials, calls } = world.laptop.endpoint;
    // The call and its resend.
    dials.set([{ service: 'ec2', action: 'CreateFleet', error: { code: 'ConnectionReset' }, count: 2 }]);
    const jobId = queue();
    const launch = await openLaunch();
    await until('EC2 was asked in vain', () => calls.counts().some(({ action }) => action === 'CreateFleet'));
    expect(world.laptop.ec2.instances()).toEqual([]);

    await sweepLaunch(launch);

    await world.untilCompleted([jobId]);
    await world.untilRest();
    await untilNeeded('sweep SpotRole iam:CreateServiceLinkedRole on role');
    await untilNeeded('sweep PassRole iam:PassRole on role');
    expect(world.laptop.ec2.instances()).toHaveLength(1);
  });

  it('tells a machine to ask again if its row is not written yet', async () => {
    const lost = { service: 'ec2', action: 'CreateFleet', count: 2, when: 'after' } as const;
    const unseen = {
      service: 'ec2',
      caller: 'my-saas-scale-up',
      error: { code: 'InternalError', status: 500 },
    };
    world.laptop.endpoint.dials.set([
      { ...lost, error: { code: 'ConnectionReset' } },
      ...['DescribeInstances', 'DescribeFleets'].map((action) => ({ ...unseen, action })),
    ]);
    const jobId = queue();
    const launch = await openLaunch();
    await untilNeeded('claim Launches dynamodb:BatchGetItem on table');
    world.laptop.endpoint.dials.clear();

    await sweepLaunch(launch);

    await world.untilCompleted([jobId]);
    await world.untilRest();
  });

  it("follows the chain of a job that runs on another job's machine", async () => {
    const runningId = queue(endlessMilliseconds);
    await world.untilRunning([runningId]);
    const elsewhere = { state: 'running', runner: machineOf(runningId) };
    const error = { code: 'InternalServerError', status: 500 };
    world.laptop.endpoint.dials.set([
      { service: 'dynamodb', action: 'UpdateItem', caller: 'my-saas-claim', error },
    ]);
    const givenRobbedMachine = async () => {
      const jobId = queue(endlessMilliseconds);
      let row: PlainRow | undefined;
      await until('its machine has a row', async () => {
        row = (await world.operator.rows('runners')).find((row) => row['planned_job'] === jobId);
        return row !== undefined;
      });
      const key = { installation_id: acme.installationId, job_id: jobId };
      await world.operator.edit('jobs', key, elsewhere);
      return { jobId, row: row as PlainRow };
    };

    const first = await givenRobbedMachine();
    await letDeadlinePass(world, String(first.row['instance_id']));
    await world.sweep();
    await untilNeeded('sweep Runners dynamodb:GetItem on table');
    await untilNeeded('sweep Jobs dynamodb:GetItem on table');

    const second = await givenRobbedMachine();
    world.laptop.endpoint.dials.clear();
    await untilNeeded('claim Jobs dynamodb:GetItem on table');
    await untilNeeded('claim Runners dynamodb:GetItem on table');

    for (const jobId of [first.jobId, second.jobId, runningId]) world.laptop.github.cancelJob(jobId);
    await world.untilRest();
  });

  it('starts a job that waits for an approval once GitHub confirms the approval', async () => {
    const { github } = world.laptop;
    const held = { labels: tierLabels('small'), milliseconds: 100, requiresApproval: true };
    const { jobId } = github.queueJob({ repository: `${acme.login}/app`, ...held });
    await world.untilJob(acme, jobId, { state: 'blocked' });
    github.approveJob(jobId);
    await world.untilCompleted([jobId]);
    await world.untilRest();
  });

  it('shares with all copies that GitHub limits an installation for a moment', async () => {
    const limited = { route: 'POST /orgs/acme/*', status: 429, headers: { 'retry-after': '1' }, count: 1 };
    world.laptop.github.setDials({ faults: [limited] });
    const jobId = queue();
    const note = { name: `github-closed/${acme.installationId}` };
    await until('the notes say so', async () => (await world.operator.row('notes', note)) !== undefined);
    await untilNeeded('claim TenantsNotes dynamodb:UpdateItem on table');
    await world.untilCompleted([jobId]);
    await world.untilRest();
  });

  it('asks about an installation that a newer one of its account has replaced', async () => {
    const before = await world.install('globex');
    const failed = world.laptop.github.state().deliveries.failed;
    world.laptop.github.setDials({ webhooks: { loseProbability: 1 } });
    world.laptop.github.uninstall(before.installationId);
    await until('the webhook was lost', () => world.laptop.github.state().deliveries.failed > failed);
    world.laptop.github.setDials({ webhooks: { loseProbability: 0 } });

    await world.install('globex');

    await untilNeeded('tenant-manager SendToInstallations sqs:SendMessage on queue');
    const isDeleted = async () => (await world.tenant(before))?.['status'] === 'deleted';
    await until('the older one is deleted', isDeleted);
  });

  it.each(['lifecycle', 'sweep', 'reconciler'])(
    'does not let %s end a machine of another environment',
    async (name) => {
      const { endpoint, endpointUrl, region, operatorCredentials } = world.laptop;
      // As the function would, and under a name of its own: a refusal of the function itself would be a fault.
      const policies = endpoint.policiesOf(`my-saas-${name}`) ?? [];
      const theirs = endpoint.addPrincipal({ name: `as-${name}`, arn: `arn:aws:sts::1:${name}`, policies });
      const [operator, asFunction] = [operatorCredentials, theirs].map(
        (credentials) => new EC2Client({ endpoint: endpointUrl, region, credentials, maxAttempts: 1 }),
      ) as [EC2Client, EC2Client];
      const started = await operator.send(new CreateFleetCommand(fleetOf('other')));
      const InstanceIds = started.Instances?.[0]?.InstanceIds ?? [];
      expect(InstanceIds).toHaveLength(1);

      const ending = asFunction.send(new TerminateInstancesCommand({ InstanceIds }));

      await expect(ending).rejects.toMatchObject({ name: 'UnauthorizedOperation' });
      await operator.send(new TerminateInstancesCommand({ InstanceIds }));
      for (const client of [operator, asFunction]) client.destroy();
    },
  );

  // Last, because a row that was ended by hand stays open.
  it('has the reconciler correct counts that differ from the rows, for the next job', async () => {
    const running = [queue(endlessMilliseconds), queue(endlessMilliseconds)];
    await world.untilRunning(running);
    const waiting = queue(endlessMilliseconds);
    await world.untilJob(acme, waiting, { state: 'waiting' });
    const row = { instance_id: machineOf(running[0] ?? 0) };
    await edit(row, { listening_at: Date.now() - 3_600_000 });
    await world.reconcile();
    await untilNeeded('reconciler Jobs dynamodb:GetItem on table');

    await edit(row, { state: 'ended', ended_at: Date.now() - 600_000 });
    await world.reconcile();
    // Seen so for more than an hour.
    for (const name of [visitNote(InstallationId(acme.installationId)), capsNote]) {
      const seen = String((await world.operator.row('notes', { name }))?.['value']);
      await world.operator.edit('notes', { name }, { value: seen.replace(/"at":\d+/g, '"at":0') });
    }
    await world.reconcile();
    await untilNeeded('reconciler LaunchesNotes dynamodb:UpdateItem on table');
    await untilNeeded('reconciler SendToTiers sqs:SendMessage on queue');

    await world.sweep();
    await world.untilRunning([waiting]);
    for (const jobId of [...running, waiting]) world.laptop.github.cancelJob(jobId);
    await world.untilQuiet();
  });
});

/** One machine from this environment's own template, under another environment's tag. */
const fleetOf = (environment: string): CreateFleetCommandInput => ({
  Type: 'instant',
  TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: 'on-demand' },
  LaunchTemplateConfigs: [
    {
      LaunchTemplateSpecification: { LaunchTemplateName: 'my-saas-medium', Version: '$Latest' },
      Overrides: [{ InstanceType: 't3.large' }],
    },
  ],
  TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'ghr:environment', Value: environment }] }],
});
