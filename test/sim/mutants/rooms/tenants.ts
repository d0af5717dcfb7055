/** Deliberate faults in lib/app/tenants. */
import { type Mutant, mutant } from '../mutant.ts';

export const tenantsMutants: readonly Mutant[] = [
  mutant(
    'rerun-twice',
    'Whoever is asked a second time to have a job run again does so.',
    'lib/app/tenants/rerun-job.ts',
    'if (!(await deps.notes.writeIf(name, { value: {}, expiresAt, version: 0, now }))) return;',
    'await deps.notes.writeIf(name, { value: {}, expiresAt, version: 0, now });',
  ),
  mutant(
    'unknown-for-ever',
    'Jobs of an installation that GitHub does not know wait on.',
    'lib/app/tenants/note-unknown.ts',
    'await refuseWaitingJobs(',
    'if (!text) await refuseWaitingJobs(',
  ),
  mutant(
    'removal-taken-for-a-run',
    'That a registration is gone is taken for a run, though the platform itself took it away.',
    'lib/app/tenants/find-unheard-run.ts',
    'if (!(await noteUnregistered(deps, instanceId))) return;',
    'void noteUnregistered;',
  ),
  mutant(
    'answer-not-minded',
    'GitHub is asked about a job that is held back, and whatever it says opens the job.',
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
    'lapse-not-forgotten',
    'Two lapses of GitHub with a true answer in between delete a tenant.',
    'lib/app/tenants/apply-installation-event.ts',
    'if (now) await forgetUnknown(deps, installationId);',
    'if (now) void forgetUnknown;',
  ),
];
