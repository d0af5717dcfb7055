/** A change of controllers, tokens or secrets and its audit row are written together, or neither is. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { auditOf } from '../../../lib/adapters/dynamodb/audit-list.ts';
import { deploymentSubject, tenantSubject } from '../../../lib/contract/audit.ts';
import { platformOwner } from '../../../lib/core/controllers/controller.ts';
import type { ControllerRecord } from '../../../lib/core/controllers/record.ts';
import { type DynamoStores, dynamoBackend } from '../../contracts/support/store-backends.ts';
import { storedTenant } from '../../contracts/support/stored.ts';
import { givenController } from '../../support/controllers.ts';
import { acme } from '../../support/given.ts';

const at = '2026-11-21T13:00:00.000Z';
const givenRecord = (id: string, over: Partial<ControllerRecord> = {}): ControllerRecord => ({
  id,
  at,
  who: 'token tok_1',
  login: 'acme',
  action: 'controller-created',
  before: {},
  after: { 'ctl_1 state': 'disabled' },
  ...over,
});

describe('the audit of controllers', () => {
  const backend = dynamoBackend();
  let stores: DynamoStores;
  beforeAll(async () => {
    await backend.start();
    stores = await backend.fresh();
    await storedTenant(stores);
  });
  afterAll(() => backend.stop());

  const rowsOf = async (subject: string) =>
    (await auditOf({ client: stores.client, tableName: stores.tables.audit }, subject))
      .map((row) => ({ action: row['action']?.S, who: row['who']?.S, after: row['after']?.M }))
      .filter(({ action }) => action?.startsWith('controller-'));

  it('has a row for each change that was made, and none for one that was not', async () => {
    const none = await stores.controllers.policyOf(acme);
    const put = [givenController()];
    const save = (id: string) => stores.controllers.save(none, { put, remove: [], record: givenRecord(id) });
    expect([await save('a'), await save('b')]).toEqual(['saved', 'changed']);
    const tokens = await stores.controllers.tokensOf(acme);
    const record = givenRecord('c', { action: 'controller-token-created', after: { tok_1: 'ctl_1' } });
    const change = () => stores.controllers.changeTokens(tokens, { put: [], remove: [], record });
    expect([await change(), await change()]).toEqual(['saved', 'changed']);
    const rotated = givenRecord('d', { action: 'controller-secret-rotated', after: { ctl_1: 'sec_1' } });
    const secret = { id: 'sec_1', value: 'whsec_b2xk', createdAt: at };
    await stores.controllers.saveSecrets(acme, 'ctl_1', { from: [], put: [secret], record: rotated });
    expect(await rowsOf(tenantSubject(acme))).toEqual([
      { action: 'controller-created', who: 'token tok_1', after: { 'ctl_1 state': { S: 'disabled' } } },
      { action: 'controller-token-created', who: 'token tok_1', after: { tok_1: { S: 'ctl_1' } } },
      { action: 'controller-secret-rotated', who: 'token tok_1', after: { ctl_1: { S: 'sec_1' } } },
    ]);
  });

  it("has the platform's own changes among those of the deployment", async () => {
    const none = await stores.controllers.policyOf(platformOwner);
    const put = [givenController({ owner: platformOwner })];
    const record = givenRecord('e', { login: '' });
    await stores.controllers.save(none, { put, remove: [], record });
    expect(await rowsOf(deploymentSubject)).toMatchObject([{ action: 'controller-created' }]);
  });

  it('contains no token and no secret, whoever wrote one into a text', async () => {
    const policy = await stores.controllers.policyOf(acme);
    const token = `mfc_test.us-east-1.101.abcdefgh23456723_${'ab'.repeat(24)}_0123abcd`;
    const after = { 'ctl_1 description': `${token} whsec_${'A'.repeat(43)}=` };
    const record = givenRecord('f', { at: '2026-11-21T14:00:00.000Z', after });
    await stores.controllers.save(policy, { put: [givenController({ version: 2 })], remove: [], record });
    expect((await rowsOf(tenantSubject(acme))).at(-1)?.after).toEqual({
      'ctl_1 description': { S: '[secret removed] [secret removed]' },
    });
  });
});
