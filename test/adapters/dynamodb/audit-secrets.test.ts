/** No audit row contains a secret, whoever writes it and whatever it is about. */
import { describe, expect, it } from '@jest/globals';
import type { Attributes } from '../../../lib/adapters/dynamodb/attributes.ts';
import {
  configurationAuditRow,
  deploymentAuditRow,
  tenantAuditItem,
} from '../../../lib/adapters/dynamodb/audit-row.ts';
import { policyChange } from '../../../lib/adapters/dynamodb/policy-change.ts';
import { newTenantRow } from '../../../lib/adapters/dynamodb/tenant-row.ts';
import { keyFingerprint } from '../../../lib/adapters/identity/key-fingerprint.ts';
import { rotateWebhookSecret } from '../../../lib/app/setup/rotate-webhook-secret.ts';
import { storeExistingApp, type TakeDeps, takeCreatedApp } from '../../../lib/app/setup/take-app.ts';
import { createMemoryClock } from '../../fakes/clock.ts';
import { createMemoryDeploymentAudit } from '../../fakes/deployment-audit.ts';
import { givenTenant } from '../../support/given.ts';
import { nonEmpty } from '../../support/non-empty.ts';
import { fc } from '../../support/properties.ts';

const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'];
const word = (from: number, to: number) =>
  fc.array(fc.constantFrom(...letters), { minLength: from, maxLength: to }).map((all) => all.join(''));
/** A secret, with the part of it that must not appear anywhere. */
const recognizable = fc.oneof(
  fc
    .tuple(fc.constantFrom('RSA PRIVATE KEY', 'PRIVATE KEY', 'EC PRIVATE KEY'), word(40, 80))
    .map(([kind, core]) => ({ text: `-----BEGIN ${kind}-----\n${core}\n-----END ${kind}-----`, core })),
  word(40, 80).map((core) => ({ text: `-----BEGIN PRIVATE KEY-----\\n${core}`, core })),
  fc
    .tuple(fc.constantFrom('ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'), word(36, 60))
    .map(([head, core]) => ({ text: `${head}${core}`, core })),
  word(20, 40).map((core) => ({ text: `eyJ${core}.${core}.${core}`, core })),
  word(30, 50).map((core) => {
    const text = Buffer.from(`-----BEGIN PRIVATE KEY-----\n${core}`).toString('base64');
    return { text, core: text.slice(40) };
  }),
);
const by = { at: '2026-11-21T12:00:00Z', who: 'somebody', action: 'set', before: {}, after: {} };

describe('an audit row', () => {
  it('has anything that looks like a secret removed, wherever somebody put it', () => {
    const around = fc.tuple(fc.constantFrom('', 'see ', '{"k":"'), fc.constantFrom('', ' (old)', '"}'));
    fc.assert(
      fc.property(recognizable, around, ({ text, core }, [head, tail]) => {
        const S = `${head}${text}${tail}`;
        const deep: Attributes = { name: { S }, list: { L: [{ S }] }, map: { M: { [S]: { SS: [S] } } } };
        const record = { ...by, who: S, action: S, reason: S, before: deep, after: deep };
        const tenant = { ...record, installationId: 1, login: S, version: 1, policy: deep };
        const deployed = { version: 1, configuration: S, code: S };
        const rows = [
          tenantAuditItem('audit', tenant),
          deploymentAuditRow(record, 'id'),
          configurationAuditRow(record, deployed),
        ];
        for (const row of rows) expect(JSON.stringify(row)).not.toContain(core);
      }),
    );
  });

  it('of a tenant contains only the policy from its row', () => {
    fc.assert(
      fc.property(word(8, 60), word(8, 20), (secret, name) => {
        const row = { ...newTenantRow(givenTenant()), [name]: { S: secret } };
        const record = { ...by, installationId: 1, login: 'acme' };
        const tables = { tenants: 'tenants', audit: 'audit' };
        const [, audited] = policyChange({ tables, row, edit: { max_runners: { N: '5' } }, record });
        expect(JSON.stringify(audited)).not.toContain(secret);
      }),
    );
  });

  it('of a setup or a rotation contains neither a key nor a secret, whatever they look like', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(word(12, 60), { minLength: 5, maxLength: 5 }), async (secrets) => {
        const [privateKey = '', webhookSecret = '', clientSecret = '', next = '', before = ''] = secrets;
        const audit = createMemoryDeploymentAudit();
        const clock = createMemoryClock();
        const named = { slug: 'app', name: 'App', htmlUrl: 'https://github.com/apps/app' };
        const known = { ...named, permissions: {}, events: [] };
        const deps = {
          webhookUrl: 'https://example.com/',
          clock,
          vault: {
            app: async () => ({ appId: '1', privateKey: before }),
            storeApp: async () => {},
            webhookSecret: async () => ({ value: next, storedAt: 0 }),
            storeWebhookSecret: async () => {},
          },
          newApps: { connectWebhook: async () => ({ ok: true, value: 'connected' }) },
          fingerprint: keyFingerprint,
          record: (change: object) => audit.record({ ...by, ...change }),
        } as unknown as TakeDeps & { clock: typeof clock };
        const app = { appId: '1', privateKey, webhookSecret };
        await takeCreatedApp(deps, { ...known, ...app, clientId: 'id', clientSecret });
        await storeExistingApp(deps, app, known);
        await rotateWebhookSecret(deps, { app, secret: next, spreadMilliseconds: 0, waiting: () => {} });
        expect(audit.changes).toHaveLength(3);
        for (const secret of nonEmpty(secrets)) expect(JSON.stringify(audit.changes)).not.toContain(secret);
      }),
    );
  });
});
