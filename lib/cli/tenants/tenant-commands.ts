/** The commands about one tenant, in the order in which an operator meets them. */
import type { Command } from '../command.ts';
import { tenantApprove } from './tenant-approve.ts';
import { tenantCopyPolicy } from './tenant-copy-policy.ts';
import { tenantResume } from './tenant-resume.ts';
import { tenantRollback } from './tenant-rollback.ts';
import { tenantSet } from './tenant-set.ts';
import { tenantShow } from './tenant-show.ts';
import { tenantSuspend } from './tenant-suspend.ts';
import { tenantTest } from './tenant-test.ts';
import { tenantValidate } from './tenant-validate.ts';

export const tenantCommands: readonly Command[] = [
  tenantShow,
  tenantValidate,
  tenantTest,
  tenantApprove,
  tenantSuspend,
  tenantResume,
  tenantSet,
  tenantCopyPolicy,
  tenantRollback,
];
