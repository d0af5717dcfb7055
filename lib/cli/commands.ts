/** The commands of `npx mayfly`, in the order in which an operator meets them. */
import { audit } from './audit.ts';
import type { Command } from './command.ts';
import { controllersCommands } from './controllers/controllers-commands.ts';
import { costs } from './costs/costs.ts';
import { costsActivate } from './costs/costs-activate.ts';
import { costsCompare } from './costs/costs-compare.ts';
import { costsExportDisable } from './costs/export/costs-export-disable.ts';
import { costsExportEnable } from './costs/export/costs-export-enable.ts';
import { invoice } from './costs/invoice.ts';
import { deadLetters } from './dead-letters.ts';
import { rollback } from './deployments/rollback.ts';
import { drain } from './drain.ts';
import { hostCommands } from './host/host-commands.ts';
import { explain } from './insight/explain.ts';
import { machineLogs } from './machine-logs.ts';
import { policy } from './policy.ts';
import { preflight } from './preflight.ts';
import { pricesUpdate } from './prices/prices-update.ts';
import { rotateKey } from './setup/rotate-key.ts';
import { rotateWebhookSecret } from './setup/rotate-webhook-secret.ts';
import { setup } from './setup/setup.ts';
import { status } from './status.ts';
import { tenantApprove } from './tenants/tenant-approve.ts';
import { tenantCopyPolicy } from './tenants/tenant-copy-policy.ts';
import { tenantResume } from './tenants/tenant-resume.ts';
import { tenantRollback } from './tenants/tenant-rollback.ts';
import { tenantSet } from './tenants/tenant-set.ts';
import { tenantShow } from './tenants/tenant-show.ts';
import { tenantSuspend } from './tenants/tenant-suspend.ts';
import { tenantTest } from './tenants/tenant-test.ts';
import { tenantValidate } from './tenants/tenant-validate.ts';
import { tenants } from './tenants/tenants.ts';
import { verify } from './verify.ts';

export const commands: readonly Command[] = [
  preflight,
  policy,
  setup,
  verify,
  status,
  explain,
  tenants,
  tenantShow,
  tenantValidate,
  tenantTest,
  tenantApprove,
  tenantSuspend,
  tenantResume,
  tenantSet,
  tenantCopyPolicy,
  tenantRollback,
  ...controllersCommands,
  costs,
  costsActivate,
  costsCompare,
  costsExportEnable,
  costsExportDisable,
  invoice,
  pricesUpdate,
  audit,
  rollback,
  machineLogs,
  deadLetters,
  rotateWebhookSecret,
  rotateKey,
  drain,
  ...hostCommands,
];
