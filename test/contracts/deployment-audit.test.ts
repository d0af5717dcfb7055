/**
 * What every DeploymentAudit promises: a configuration is recorded once, as a whole, and each change of it adds a
 * version.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditSince } from '../../lib/adapters/dynamodb/audit-list.ts';
import {
  configurationVersions,
  createDeploymentAudit,
} from '../../lib/adapters/dynamodb/deployment-audit.ts';
import { removedSecret } from '../../lib/core/redact.ts';
import type { DeploymentAudit } from '../../lib/ports/deployment-audit.ts';
import config from '../../mayfly.config.ts';
import { createMemoryDeploymentAudit } from '../fakes/deployment-audit.ts';
import { dynamoBackend } from './support/store-backends.ts';

const at = '2026-11-21T13:00:00.000Z';
const by = { at, who: 'a test' };
const five = { ...config, scaleUpConcurrency: 5 };
const nine = { ...config, scaleUpConcurrency: 9, onboarding: 'approve' as const };
const deployed = (settings: object, code = 'abc') => ({
  configuration: JSON.stringify(settings),
  code,
  ...by,
});

const backend = dynamoBackend();
beforeAll(backend.start);
afterAll(backend.stop);

async function givenTable() {
  const { client, tables } = await backend.fresh();
  return { client, tableName: tables.audit };
}

const kinds: readonly (readonly [string, () => Promise<DeploymentAudit>])[] = [
  ['in memory', async () => createMemoryDeploymentAudit()],
  ['in DynamoDB', async () => createDeploymentAudit(await givenTable())],
];

describe.each(kinds)('DeploymentAudit %s', (_name, create) => {
  it('records a configuration once, and a version for each change of it', async () => {
    const audit = await create();
    expect(await audit.recordConfiguration(deployed(five))).toEqual({ version: 1, changed: [] });
    expect(await audit.recordConfiguration(deployed(five))).toBeUndefined();
    expect(await audit.recordConfiguration(deployed(nine))).toEqual({
      version: 2,
      changed: expect.arrayContaining(['scaleUpConcurrency', 'onboarding']),
    });
    expect(await audit.recordConfiguration(deployed(five))).toMatchObject({ version: 3 });
  });

  it('counts other code as a change, but not another order of settings', async () => {
    const audit = await create();
    await audit.recordConfiguration(deployed(five));
    const turned = Object.fromEntries(Object.entries(five).toReversed());
    expect(await audit.recordConfiguration(deployed(turned))).toBeUndefined();
    expect(await audit.recordConfiguration(deployed(five, 'def'))).toEqual({ version: 2, changed: ['code'] });
  });

  it('counts another order of the tiers as a change', async () => {
    const audit = await create();
    await audit.recordConfiguration(deployed(five));
    const tiers = Object.fromEntries(Object.entries(five.tiers).toReversed());
    expect(await audit.recordConfiguration(deployed({ ...five, tiers }))).toEqual({
      version: 2,
      changed: ['tiers, in order'],
    });
  });
});

describe('the rows in DynamoDB', () => {
  it('keep each configuration whole, newest first, and what differs', async () => {
    const table = await givenTable();
    const audit = createDeploymentAudit(table);
    await audit.recordConfiguration(deployed(five));
    await audit.recordConfiguration(deployed(nine));
    const versions = await configurationVersions(table, 10);
    expect(versions.map(({ version }) => version)).toEqual([2, 1]);
    expect(JSON.parse(versions[1]!.configuration)).toEqual(five);
    expect(versions[0]!.row).toMatchObject({
      before: { M: { onboarding: { S: '"open"' } } },
      after: { M: { onboarding: { S: '"approve"' } } },
    });
  });

  it('are one for each version, however many copies record at once', async () => {
    const table = await givenTable();
    const all = await Promise.all(
      [1, 2].map(() => createDeploymentAudit(table).recordConfiguration(deployed(five))),
    );
    expect(all.filter((one) => one !== undefined)).toHaveLength(1);
    expect(await configurationVersions(table, 10)).toHaveLength(1);
  });

  it('contain no key that somebody pasted into a script, and still recognize the configuration', async () => {
    const table = await givenTable();
    const audit = createDeploymentAudit(table);
    const token = `ghp_${'x'.repeat(36)}`;
    const small = { ...five.tiers['small']!, extraUserData: `echo ${token}` };
    const careless = deployed({ ...five, tiers: { ...five.tiers, small } });
    await audit.recordConfiguration(careless);
    await audit.record({ ...by, action: 'tried', reason: token, before: {}, after: { key: token } });
    const rows = JSON.stringify(await auditSince(table, ''));
    expect(rows).not.toContain(token);
    expect(rows).toContain(removedSecret);
    expect(await audit.recordConfiguration(careless)).toBeUndefined();
  });
});
