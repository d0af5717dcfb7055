/** The options of `controllers test`: the facts of a job that need not exist. */
import type { SyntheticJob } from '../../app/admission-api/try-job.ts';
import { TierName } from '../../core/ids.ts';
import { type CommandCall, type CommandOption, UsageError } from '../command.ts';

export const testOptions: readonly CommandOption[] = [
  { flags: '--tier <tier>', description: 'its tier' },
  { flags: '--repository <name>', description: 'its repository: a name, or owner/name' },
  {
    flags: '--repository-id <id>',
    description: 'its GitHub id, for scopes and exemptions; default: looked up',
  },
  { flags: '--visibility <word>', description: 'public, private or internal' },
  { flags: '--group <name>', description: "the runner group; default: the tenant's" },
  { flags: '--labels <list>', description: 'comma-separated' },
  { flags: '--workflow <name>', description: 'the name of its workflow' },
  { flags: '--workflow-path <path>', description: 'its file: .github/workflows/ci.yml' },
  { flags: '--event <event>', description: 'push, pull_request, …' },
  { flags: '--ref <ref>', description: 'the branch or tag' },
  { flags: '--fork <word>', description: 'whether its commits come from a fork: yes or no' },
  { flags: '--actor <login>', description: 'who started it' },
  { flags: '--attempt <number>', description: 'which attempt of its run: 1, 2, …' },
];

/** @throws UsageError for a value that no job can have */
export function testedJob({ options }: CommandCall, login = ''): SyntheticJob {
  const { tier, repository, group, labels } = options;
  if (typeof tier !== 'string' || typeof repository !== 'string')
    throw new UsageError('Give --tier and --repository.');
  const name = textOf(options['workflow']);
  const path = textOf(options['workflowPath']);
  const workflow = { ...(name === undefined ? {} : { name }), ...(path === undefined ? {} : { path }) };
  const run = runOf(options);
  const id = countOf('--repository-id', options['repositoryId']);
  const visibility = visibilityOf(options['visibility']);
  return {
    tier: TierName(tier),
    repository: {
      name: repository.includes('/') ? repository : `${login}/${repository}`,
      ...(id === undefined ? {} : { id }),
      ...(visibility === undefined ? {} : { visibility }),
    },
    ...(typeof group === 'string' ? { group } : {}),
    ...(typeof labels === 'string' ? { labels: labels.split(',').map((label) => label.trim()) } : {}),
    ...(Object.keys(workflow).length > 0 ? { workflow } : {}),
    ...(Object.keys(run).length > 0 ? { run } : {}),
  };
}

function runOf(options: CommandCall['options']): NonNullable<SyntheticJob['run']> {
  const { event, ref, actor, fork } = options;
  const attempt = countOf('--attempt', options['attempt']);
  return {
    ...(typeof event === 'string' ? { event } : {}),
    ...(typeof ref === 'string' ? { ref } : {}),
    ...(typeof actor === 'string' ? { actor } : {}),
    ...(fork === undefined ? {} : { fork: isYes(fork) }),
    ...(attempt === undefined ? {} : { attempt }),
  };
}

const optionOfFact: Readonly<Record<string, string>> = {
  actor: '--actor',
  attempt: '--attempt',
  event: '--event',
  fork: '--fork',
  id: '--repository-id',
  name: '--workflow',
  path: '--workflow-path',
  ref: '--ref',
  visibility: '--visibility',
};

/** Why a controller votes so, with the option for a fact that it lacks. */
export function whyText({ vote, reason }: { readonly vote: string; readonly reason?: string }): string {
  if (reason === undefined) return '';
  const [, fact = ''] = / field not found: (\w+)$/.exec(reason) ?? [];
  const option = vote === 'failed' ? optionOfFact[fact] : undefined;
  // The API names its own fields.
  const words =
    vote === 'asked'
      ? reason.replaceAll(/\b(?:run|workflow)\.(\w+)/g, (name, field) => optionOfFact[field] ?? name)
      : reason;
  return `: ${words}${option === undefined ? '' : `; give ${option}`}`;
}

const textOf = (given: unknown) => (typeof given === 'string' ? given : undefined);

function countOf(flag: string, given: unknown): number | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'string' && /^[1-9]\d{0,14}$/.test(given)) return Number(given);
  throw new UsageError(`${flag} is ${JSON.stringify(given)}; it must be a whole number above 0.`);
}

function isYes(given: unknown): boolean {
  if (given === 'yes' || given === 'no') return given === 'yes';
  throw new UsageError(`--fork is ${JSON.stringify(given)}; it must be yes or no.`);
}

function visibilityOf(given: unknown): SyntheticJob['repository']['visibility'] {
  if (given === undefined || given === 'public' || given === 'private' || given === 'internal') return given;
  throw new UsageError(`--visibility is ${JSON.stringify(given)}; it must be public, private or internal.`);
}
