/**
 * A policy's digest: equal if two policies mean the same, whatever the order of their sets. An unreadable row has one
 * too, so that its mistake is recorded like any other change.
 */
import { createHash } from 'node:crypto';
import type { Tenant } from '../../core/tenant.ts';
import { policyOf } from '../../core/tenant-policy.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { Attributes } from './attributes.ts';
import { policyRow } from './audit-row.ts';
import { tenantOfRow } from './tenant-row.ts';

export const policyDigest = (tenant: Tenant): string => digest(JSON.stringify(policyOf(tenant)));

export function rowDigest(row: Attributes): string {
  try {
    return policyDigest(tenantOfRow(row));
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    return digest(JSON.stringify(policyRow(row)));
  }
}

export const digestOf = (value: unknown) => digest(JSON.stringify(value));

const digest = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, 22);
