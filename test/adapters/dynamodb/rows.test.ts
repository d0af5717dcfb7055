/** How the rows look to operators and to DynamoDB itself: names, time to live, indexes, and rows that people edited. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { tenantOfRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { InstallationId, JobId } from '../../../lib/core/ids.ts';
import type { UnreadableRow } from '../../../lib/ports/unreadable-row.ts';
import { type DynamoStores, dynamoBackend } from '../../contracts/support/store-backends.ts';
import {
  givenRunner,
  lookAt,
  machine,
  newTenant,
  storedTenant,
  takenLaunch,
  theTenant,
} from '../../contracts/support/stored.ts';
import { acme, givenJob, noon, small } from '../../support/given.ts';

const backend = dynamoBackend();
const other = InstallationId(102);
const sevenDaysLater = String(noon / 1000 + 7 * 86_400);

describe('rows in DynamoDB', () => {
  let stores: DynamoStores;
  beforeAll(() => backend.start());
  beforeEach(async () => {
    stores = await backend.fresh();
  });
  afterAll(() => backend.stop());

  const key = { installation_id: { N: String(acme) } };
  const row = async (TableName: string, Key: Record<string, { N: string } | { S: string }>) =>
    (await stores.client.send(new GetItemCommand({ TableName, Key }))).Item;
  const jobRow = () => row(stores.tables.jobs, { ...key, job_id: { N: '1' } });
  const launchRow = () => row(stores.tables.launches, { launch_id: { S: 'launch-1' } });
  const runnerRow = () => row(stores.tables.runners, { instance_id: { S: machine } });
  const edit = (
    UpdateExpression: string,
    ExpressionAttributeValues?: Record<string, { N: string } | { S: string }>,
  ) =>
    stores.client.send(
      new UpdateItemCommand({
        TableName: stores.tables.tenants,
        Key: key,
        UpdateExpression,
        ExpressionAttributeValues,
      }),
    );

  it('broken by manual edits hide no others from the sweep', async () => {
    await stores.jobs.insert([givenJob(), givenJob({ jobId: JobId(2) })]);
    const edited = { TableName: stores.tables.jobs, Key: { ...key, job_id: { N: '1' } } };
    await stores.client.send(new UpdateItemCommand({ ...edited, UpdateExpression: 'REMOVE repository' }));

    const page = await stores.jobs.scanPendingAcrossTenants({ limit: 10 });

    expect(page.jobs.map(({ jobId }) => jobId)).toEqual([2]);
    expect(page.unreadable).toMatchObject([{ code: 'UnreadableRow' }]);
  });

  it.each([
    { attribute: 'request', value: { S: '{}' } },
    { attribute: 'request', value: { B: Buffer.from('no deflated text') } },
    { attribute: 'request', value: { B: deflateRawSync('null') } },
    { attribute: 'instances', value: { B: deflateRawSync('7') } },
    { attribute: 'planned_jobs', value: { B: deflateRawSync('{') } },
    { attribute: 'planned_jobs', value: { N: '7' } },
    { attribute: 'installation_id', value: { S: '101' } },
    { attribute: 'account', value: { M: {} } },
  ])('of launches whose $attribute is $value name it, and hide no others', async ({ attribute, value }) => {
    await takenLaunch(stores, 1);
    await stores.client.send(
      new UpdateItemCommand({
        ...{ TableName: stores.tables.launches, Key: { launch_id: { S: 'launch-1' } } },
        UpdateExpression: 'SET #attribute = :value',
        ExpressionAttributeNames: { '#attribute': attribute },
        ExpressionAttributeValues: { ':value': value },
      }),
    );
    const skipped: UnreadableRow[] = [];
    expect(await stores.launches.listOverdueAcrossTenants(Number.MAX_SAFE_INTEGER, 9, skipped)).toEqual([]);
    expect(skipped).toMatchObject([{ key: 'launch-1', error: { code: 'UnreadableRow' } }]);
    expect(skipped[0]?.error.message).toMatch(/^In the launches row launch-1,? .*(is|missing)/);
    expect(skipped[0]?.installationId).toBe(attribute === 'installation_id' ? undefined : acme);
  });

  it('of a cap’s line keep the places of all tenants whose own place can be read', async () => {
    const cap = { name: 'tier/small', machines: 9 };
    const waiter = (installationId: InstallationId) => ({
      installationId,
      tier: small,
      since: noon,
      weight: 1,
    });
    for (const id of [acme, other]) await stores.launches.joinLine(cap.name, waiter(id));
    await stores.client.send(
      new UpdateItemCommand({
        ...{ TableName: stores.tables.launches, Key: { launch_id: { S: 'shared/tier/small' } } },
        UpdateExpression: 'SET waits_101_small = :text',
        ExpressionAttributeValues: { ':text': { S: 'first' } },
      }),
    );
    expect(await stores.launches.waitersAcrossTenants(cap)).toEqual([waiter(other)]);
    await stores.launches.joinLine(cap.name, waiter(acme));
    expect(await stores.launches.waitersAcrossTenants(cap)).toHaveLength(2);
  });

  describe('of tenants', () => {
    it('have the names that the documents give operators', async () => {
      await storedTenant(stores);

      expect(await row(stores.tables.tenants, key)).toMatchObject({
        installation_id: { N: '101' },
        status: { S: 'active' },
        tier: { S: 'small' },
        max_runners: { N: '2' },
        account_id: { N: '1' },
        account_login: { S: 'acme' },
        account_type: { S: 'Organization' },
        version: { N: '1' },
        created_at: { S: '2026-11-21T11:00:00Z' },
        updated_at: { S: '2026-11-21T11:00:00Z' },
      });
    });

    it('are found by the operator’s scan for active ones', async () => {
      await storedTenant(stores);
      const { Items } = await stores.client.send(
        new ScanCommand({
          TableName: stores.tables.tenants,
          FilterExpression: '#status = :active',
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: { ':active': { S: 'active' } },
        }),
      );

      expect(Items).toHaveLength(1);
    });

    it('follow the operator’s upgrade', async () => {
      await storedTenant(stores);

      await edit('SET tier = :tier, max_runners = :max, updated_at = :now', {
        ':tier': { S: 'large' },
        ':max': { N: '10' },
        ':now': { S: '2026-11-21T14:00:00Z' },
      });

      expect(await theTenant(stores)).toMatchObject({ tier: 'large', maxRunners: 10, version: 1 });
    });

    it('are readable without a version and dates, and can be changed then', async () => {
      await storedTenant(stores);
      await edit('REMOVE version, created_at, updated_at');

      expect(await theTenant(stores)).toMatchObject({ version: 0 });
      const changes = { status: 'suspended', updatedAt: '2026-11-21T14:00:00Z' } as const;
      expect(await stores.tenants.update(await theTenant(stores), changes)).toBe('updated');
    });

    it('fail with the row and the attribute if a required one is missing or misspelled', async () => {
      await storedTenant(stores);

      await edit('REMOVE account_login');
      await expect(theTenant(stores)).rejects.toThrow('In the tenants row 101, account_login is missing');

      await edit('SET account_login = :login, max_runners = :max', {
        ':login': { S: 'acme' },
        ':max': { S: '5' },
      });
      await expect(theTenant(stores)).rejects.toThrow('max_runners is {"S":"5"}; it must be a number (N)');
    });

    it('broken by manual edits hide no others when several are read', async () => {
      await storedTenant(stores);
      await storedTenant(stores, { installationId: other, accountId: 2 });
      await edit('SET max_runners = :max', { ':max': { S: '5' } });

      expect(await stores.tenants.findAcrossTenants([acme, other])).toMatchObject([
        { installationId: other },
      ]);
    });

    describe('that an update of an unknown id created', () => {
      beforeEach(() =>
        edit('SET tier = :tier, max_runners = :max', { ':tier': { S: 'large' }, ':max': { N: '10' } }),
      );

      it('are no tenants', async () => {
        expect(await stores.tenants.get(acme)).toBeUndefined();
        expect(await stores.tenants.glance(acme)).toBeUndefined();
        expect(await stores.tenants.findAcrossTenants([acme])).toEqual([]);
      });

      it('do not keep that installation from becoming one', async () => {
        expect(await stores.tenants.create(newTenant())).toBe('created');

        expect(await theTenant(stores)).toMatchObject({ status: 'active', tier: 'small', maxRunners: 2 });
        expect(await stores.tenants.create(newTenant())).toBe('exists');
      });

      it('explain where they came from when they are listed', async () => {
        const found = await row(stores.tables.tenants, key);
        expect(() => tenantOfRow(found!)).toThrow(/^No installation 101 is known: an edit .* created it/);
      });
    });

    it('hold the repositories that a tenant may use as a set of numbers, as operators type them', async () => {
      await storedTenant(stores);
      await stores.client.send(
        new UpdateItemCommand({
          TableName: stores.tables.tenants,
          Key: key,
          UpdateExpression: 'SET allowed_repositories = :ids, runner_level = :level, runner_group = :none',
          ExpressionAttributeValues: {
            ':ids': { NS: ['7', '8'] },
            ':level': { S: 'repository' },
            ':none': { S: '' },
          },
        }),
      );
      const tenant = await theTenant(stores);
      expect(tenant.allowedRepositories?.toSorted()).toEqual([7, 8]);
      expect(tenant.runnerLevel).toBe('repository');
      expect(tenant).not.toHaveProperty('runnerGroup');
      await edit('SET runner_level = :odd', { ':odd': { S: 'cloud' } });
      await expect(theTenant(stores)).rejects.toThrow(
        /runner_level is .*must be one of organization, repository, auto/,
      );
    });

    it('report an unreadable row as an error that is not retryable', async () => {
      await stores.client.send(
        new PutItemCommand({ TableName: stores.tables.tenants, Item: { ...key, status: { S: 'Active' } } }),
      );

      await expect(stores.tenants.get(acme)).rejects.toMatchObject({
        code: 'UnreadableRow',
        retryable: false,
      });
    });
  });

  it('of jobs wait in the index by tier, age and id, and expire seven days after the end', async () => {
    await stores.jobs.insert([givenJob()]);
    expect((await jobRow())?.['pending']).toEqual({
      S: 'waiting#small#2026-11-21T12:00:00.000Z#0000000000000001',
    });

    await stores.jobs.finish(acme, JobId(1), { outcome: 'completed', at: noon });
    expect(await jobRow()).not.toHaveProperty('pending');
    expect((await jobRow())?.['expires_at']).toEqual({ N: sevenDaysLater });
  });

  it('of jobs that are refused on arrival expire too', async () => {
    await stores.jobs.insert([givenJob({ state: 'done', outcome: 'refused', doneAt: noon })]);

    expect((await jobRow())?.['expires_at']).toEqual({ N: sevenDaysLater });
  });

  it('of launches keep the exact text of the request, and leave the index when they close', async () => {
    const launch = await takenLaunch(stores, 1);
    const stored = await launchRow();
    expect(inflateRawSync(stored!['request']!.B!).toString()).toBe(JSON.stringify(launch.request));
    expect(stored).toMatchObject({
      open: { S: 'open' },
      deadline: { N: String(launch.callUntil) },
    });

    const answered = await stores.launches.answer(launch, new Map());
    await stores.launches.close(answered!, lookAt);
    const closed = await launchRow();
    expect(closed).not.toHaveProperty('open');
    expect(closed).toHaveProperty('expires_at');
  });

  it('of closed launches stay in the index for as long as a machine may live', async () => {
    const launch = await takenLaunch(stores, 1);
    const answered = await stores.launches.answer(launch, new Map([[launch.plannedJobs[0]!.lease, machine]]));
    await stores.launches.close(answered!, lookAt);
    expect(await launchRow()).toMatchObject({ open: { S: 'machines' }, deadline: { N: String(lookAt) } });
    expect(await launchRow()).not.toHaveProperty('expires_at');

    await stores.launches.lookAgain(launch, undefined);
    expect(await launchRow()).not.toHaveProperty('open');
    expect(await launchRow()).toHaveProperty('expires_at');
  });

  it('of runners expire when they end', async () => {
    await stores.runners.bind([givenRunner()]);

    await stores.runners.end([{ runner: givenRunner(), reason: 'stood-down', at: noon }]);
    expect((await runnerRow())?.['expires_at']).toEqual({ N: sevenDaysLater });
  });

  it('of expired tombstones do not come back with a late end', async () => {
    await stores.runners.bind([givenRunner()]);
    await stores.client.send(
      new DeleteItemCommand({ TableName: stores.tables.runners, Key: { instance_id: { S: machine } } }),
    );

    expect(await stores.runners.end([{ runner: givenRunner(), reason: 'stood-down', at: noon }])).toEqual([
      'was-ended',
    ]);
    expect(await runnerRow()).toBeUndefined();
  });

  it('never hold an empty set', async () => {
    await stores.tenants.create(newTenant({ allowedTiers: [] }));

    expect((await row(stores.tables.tenants, key))?.['allowed_tiers']).toEqual({ L: [] });
  });
});
