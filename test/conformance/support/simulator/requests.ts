/**
 * All that the platform asks of GitHub, each request once, made by our own adapter; and bodies that GitHub's schema does not
 * allow, made by hand, which show that the simulator looks at what it is sent.
 */
import { InstallationId, JobId } from '../../../../lib/core/ids.ts';
import type { Answer, GitHub, JitRequest } from '../../../../lib/ports/github.ts';

const installationId = InstallationId(1);
const organization = { kind: 'organization', organization: 'octo-org' } as const;
const repository = { kind: 'repository', owner: 'octo-org', repository: 'octo-repo' } as const;
const fullName = `${repository.owner}/${repository.repository}`;
/** The runners that GitHub's examples list. */
const idle = 'mac_runner';
const jit = (scope: JitRequest['scope']): JitRequest => ({
  installationId,
  scope,
  name: 'i-0123456789abcdef0',
  labels: ['self-hosted', 'linux', 'x64', 'small'],
  runnerGroupId: 1,
});

export interface Asked {
  readonly what: string;
  /** Words with which the simulator refuses it all the same, and why that says nothing about GitHub. */
  readonly refused?: { readonly words: RegExp; readonly reason: string };
  ask(github: GitHub): Promise<Answer<unknown>>;
}

export const asked: readonly Asked[] = [
  {
    what: 'a JIT config of an organization',
    ask: (github) => github.createJitConfig(jit(organization)),
  },
  { what: 'a JIT config of a repository', ask: (github) => github.createJitConfig(jit(repository)) },
  {
    what: "the removal of an organization's runner",
    ask: (github) => github.removeRunner(installationId, organization, idle),
  },
  {
    what: "the removal of a repository's runner",
    ask: (github) => github.removeRunner(installationId, repository, idle),
  },
  {
    what: 'the runners of an organization',
    ask: (github) => github.listRunners(installationId, organization),
  },
  { what: 'the runners of a repository', ask: (github) => github.listRunners(installationId, repository) },
  { what: 'an installation', ask: (github) => github.getInstallation(installationId) },
  { what: "an installation's repositories", ask: (github) => github.listRepositories(installationId) },
  { what: 'queued runs', ask: (github) => github.listRuns(installationId, fullName, 'queued') },
  { what: 'a run', ask: (github) => github.getRun(installationId, fullName, 1) },
  { what: "a run's jobs", ask: (github) => github.listRunJobs(installationId, fullName, 1) },
  { what: 'a job', ask: (github) => github.getJob(installationId, fullName, JobId(1)) },
  {
    what: 'that a job is run again',
    ask: (github) => github.rerunJob(installationId, fullName, JobId(1)),
  },
  {
    what: 'failed deliveries',
    ask: (github) => github.listDeliveries('failure'),
    refused: {
      words: /"additionalProperty":"status"/,
      reason: 'the simulator has a schema from before deliveries could be listed by their outcome',
    },
  },
  { what: 'one more delivery', ask: (github) => github.redeliver(1) },
];

export interface BadBody {
  readonly what: string;
  readonly path: string;
  readonly body: unknown;
}

const good = { name: 'one', runner_group_id: 1, labels: ['small'], work_folder: '_work' };
const levels = ['/orgs/octo-org', '/repos/octo-org/octo-repo'];
const tokens = '/app/installations/1/access_tokens';

export const badBodies: readonly BadBody[] = [
  ...levels.flatMap((level) => {
    const path = `${level}/actions/runners/generate-jitconfig`;
    const { name: _name, ...nameless } = good;
    const { labels: _labels, ...bare } = good;
    const { runner_group_id: _group, ...groupless } = good;
    return [
      { what: 'no name', path, body: nameless },
      { what: 'no labels', path, body: bare },
      { what: 'an empty list of labels', path, body: { ...good, labels: [] } },
      { what: '101 labels', path, body: { ...good, labels: Array.from({ length: 101 }, (_, n) => `l${n}`) } },
      { what: 'no runner group', path, body: groupless },
      { what: 'a runner group that is a text', path, body: { ...good, runner_group_id: 'default' } },
    ];
  }),
  { what: 'a permission that there is not', path: tokens, body: { permissions: { actions: 'all' } } },
  { what: 'repositories that are no list', path: tokens, body: { repositories: 'octo-repo' } },
];
