/** What `mayfly tenant test --run` reports about a repository whose job ran. */
import { judged } from '../../lib/cli/tenants/run-workflow.ts';
import { type Tested, testRows } from '../../lib/cli/tenants/test-rules.ts';
import { InstanceId, JobId } from '../../lib/core/ids.ts';
import { givenLaunch, givenRunner } from '../contracts/support/stored.ts';
import { givenJob, givenTenant, givenTier, noon } from './given.ts';
import { app, group, ok } from './validation.ts';

const labels = ['self-hosted', 'small'];
const listed = {
  jobId: JobId(1),
  runId: 9,
  status: 'completed',
  conclusion: 'success',
  runnerName: 'i-1',
} as const;
const runner = givenRunner({
  instanceId: InstanceId('i-0a1b2c3d4e5f60718'),
  launchedAt: noon + 4000,
  claimedAt: noon + 49_000,
  listeningAt: noon + 54_000,
});
const job = givenJob({
  jobId: JobId(91000004),
  state: 'done',
  outcome: 'completed',
  conclusion: 'success',
  acceptedAt: noon + 1000,
  startedAt: noon + 57_000,
  doneAt: noon + 60_000,
  runner: runner.instanceId,
});
const launch = givenLaunch([job], { createdAt: noon + 2000 });

/** A repository whose jobs can run. */
export const tested: Tested = {
  name: 'acme/app',
  tenant: givenTenant(),
  tiers: [givenTier()],
  repository: ok({ ...app, defaultBranch: 'main', archived: false }),
  group: { standing: { kind: 'found', group } },
  isActionsOn: ok(true),
  jobs: ok([{ ...listed, labels, createdAt: noon }]),
};

export const testedRows = [...testRows(tested), judged('acme/app run', job, { runner, launch })];
