/**
 * Deliberate faults, one at a time, grouped by the folder of the source that they change. Each is a mistake that
 * somebody might make, and that breaks an invariant of the platform.
 */

import { adaptersMutants } from './by-folder/adapters.ts';
import { admissionMutants } from './by-folder/admission.ts';
import { admissionApiMutants } from './by-folder/admission-api.ts';
import { claimMutants } from './by-folder/claim.ts';
import { commonMutants } from './by-folder/common.ts';
import { coreMutants } from './by-folder/core.ts';
import { coreControllersMutants } from './by-folder/core-controllers.ts';
import { endingMutants } from './by-folder/ending.ts';
import { fakesMutants } from './by-folder/fakes.ts';
import { fakesLeasesMutants } from './by-folder/fakes-leases.ts';
import { launchMutants } from './by-folder/launch.ts';
import { lifecycleMutants } from './by-folder/lifecycle.ts';
import { reconcilerMutants } from './by-folder/reconciler.ts';
import { scaleUpMutants } from './by-folder/scale-up.ts';
import { sweepMutants } from './by-folder/sweep.ts';
import { tenantsMutants } from './by-folder/tenants.ts';
import type { Mutant } from './mutant.ts';

export const mutants: readonly Mutant[] = [
  ...adaptersMutants,
  ...admissionMutants,
  ...admissionApiMutants,
  ...claimMutants,
  ...commonMutants,
  ...coreMutants,
  ...coreControllersMutants,
  ...endingMutants,
  ...fakesMutants,
  ...fakesLeasesMutants,
  ...launchMutants,
  ...lifecycleMutants,
  ...reconcilerMutants,
  ...scaleUpMutants,
  ...sweepMutants,
  ...tenantsMutants,
];
