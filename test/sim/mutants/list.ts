/**
 * Deliberate faults, one at a time, grouped by the folder of the source that they change. Each is a mistake that
 * somebody might make, and that breaks an invariant of the platform.
 */
import type { Mutant } from './mutant.ts';
import { adaptersMutants } from './rooms/adapters.ts';
import { admissionMutants } from './rooms/admission.ts';
import { admissionApiMutants } from './rooms/admission-api.ts';
import { claimMutants } from './rooms/claim.ts';
import { commonMutants } from './rooms/common.ts';
import { coreMutants } from './rooms/core.ts';
import { coreControllersMutants } from './rooms/core-controllers.ts';
import { endingMutants } from './rooms/ending.ts';
import { fakesMutants } from './rooms/fakes.ts';
import { fakesLeasesMutants } from './rooms/fakes-leases.ts';
import { launchMutants } from './rooms/launch.ts';
import { lifecycleMutants } from './rooms/lifecycle.ts';
import { reconcilerMutants } from './rooms/reconciler.ts';
import { scaleUpMutants } from './rooms/scale-up.ts';
import { sweepMutants } from './rooms/sweep.ts';
import { tenantsMutants } from './rooms/tenants.ts';

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
