/** Deliberate faults in lib/app/tenants. */
import { type Mutant, mutant } from '../mutant.ts';

export const tenantsMutants: readonly Mutant[] = [
  mutant(
    'rerun-twice',
    'A second request to re-run a job re-runs it again.',
    'lib/app/tenants/rerun-job.ts',
    'if (!(await deps.notes.writeIf(name, { value: {}, expiresAt, version: 0, now }))) return;',
    'await deps.notes.writeIf(name, { value: {}, expiresAt, version: 0, now });',
  ),
  mutant(
    'unknown-installation-waits-forever',
    'Jobs of an installation that GitHub does not know wait forever.',
    'lib/app/tenants/note-unknown.ts',
    'await refuseWaitingJobs(',
    'if (!text) await refuseWaitingJobs(',
  ),
  mutant(
    'removal-taken-for-a-run',
    'A missing registration counts as proof of a run, although the platform itself removed it.',
    'lib/app/tenants/find-unheard-run.ts',
    'if (!(await noteUnregisteredOnce(deps, instanceId))) return;',
    'void noteUnregisteredOnce;',
  ),
  mutant(
    'held-job-opened-by-any-answer',
    'GitHub is asked about a job that is held for approval, and any answer opens it.',
    'lib/app/tenants/look-at-held-job.ts',
    "if (status === 'queued') return open(deps, message, askedAt);",
    "if (status !== 'completed') return open(deps, message, askedAt);",
  ),
  mutant(
    'deleted-by-one-answer',
    'A tenant is deleted the first time that GitHub does not show its installation.',
    'lib/app/tenants/apply-installation-event.ts',
    "else if (known?.status !== 'deleted' && !(await isSurelyGone(deps, event))) return;",
    'else void isSurelyGone;',
  ),
  mutant(
    'first-installation-unrecorded',
    "An account's first installation is not recorded, so nothing links the next one to it while the index lags.",
    'lib/app/tenants/apply-installation-event.ts',
    'deps.tenants.create(tenant, account.latest, account)',
    'deps.tenants.create(tenant, account.latest, account.latest && account)',
  ),
  mutant(
    'lapse-not-forgotten',
    'Two wrong answers of GitHub delete a tenant, despite a correct one in between.',
    'lib/app/tenants/apply-installation-event.ts',
    'if (now) await forgetUnknown(deps, installationId);',
    'if (now) void forgetUnknown;',
  ),
];
