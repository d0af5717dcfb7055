/** `mayfly controllers test TENANT`: what each controller would decide about a job, which need not exist. Read-only. */
import { type SyntheticJob, tryJob } from '../../app/admission-api/try-job.ts';
import { triedView } from '../../app/admission-api/views.ts';
import { platformOwner } from '../../core/controllers/controller.ts';
import { TierName } from '../../core/ids.ts';
import { type Command, type CommandCall, jsonOption, UsageError } from '../command.ts';
import { stackOption } from '../setup/stack-option.ts';
import { adminOf, demand, ownerPositional, print } from './admin.ts';

export const controllersTest: Command = {
  name: 'controllers test',
  summary: 'show how each admission controller would decide about a job',
  details: `
Examples:
  mayfly controllers test acme --tier large --repository acme/app
  mayfly controllers test acme --tier small --repository acme/app --event pull_request --fork yes

It asks no controller and writes nothing: an external controller "would be asked". GitHub is asked for the id of the repository if a scope or an exemption names one, unless you give it. Disabled controllers are evaluated too, but do not count. The exit status is 1 if the job would not be admitted.
`,
  exitOne: 'the rules would not admit the job',
  positionals: [ownerPositional],
  options: [
    { flags: '--tier <tier>', description: 'its tier' },
    { flags: '--repository <name>', description: 'its repository: a name, or owner/name' },
    {
      flags: '--repository-id <id>',
      description: 'its GitHub id, for scopes and exemptions; default: looked up',
    },
    { flags: '--visibility <word>', description: 'public, private or internal' },
    { flags: '--labels <list>', description: 'comma-separated' },
    { flags: '--workflow <name>', description: 'the name of its workflow' },
    { flags: '--event <event>', description: 'push, pull_request, …' },
    { flags: '--ref <ref>', description: 'the branch or tag' },
    { flags: '--fork <word>', description: 'whether its commits come from a fork: yes or no' },
    { flags: '--actor <login>', description: 'who started it' },
    stackOption,
    jsonOption,
  ],
  async run(call) {
    const { deps, owner, found } = await adminOf(call);
    const answer = demand(call, await tryJob(deps, owner, jobOf(call, found?.tenant.accountLogin)));
    const lines = answer.votes.map(({ controller: { id, owner, state }, vote, reason }) => {
      const needed = reason?.endsWith('field not found: visibility') ? '; give --visibility' : '';
      const why = reason === undefined ? '' : `: ${reason}${needed}`;
      const who = owner === platformOwner ? `${id} of the operator` : id;
      return `  ${who}  ${vote}${state === 'enabled' ? '' : ` (${state})`}${why}`;
    });
    print(call, triedView(answer), [
      answer.outcome,
      ...(lines.length > 0 ? lines : ['  No controller is asked.']),
    ]);
    return ['admitted', 'failed-open', 'asked'].includes(answer.outcome) ? 0 : 1;
  },
};

function jobOf({ options }: CommandCall, login = ''): SyntheticJob {
  const { tier, repository, workflow, event, ref, actor, fork, labels, visibility, repositoryId } = options;
  if (typeof tier !== 'string' || typeof repository !== 'string')
    throw new UsageError('Give --tier and --repository.');
  const run = {
    ...(typeof event === 'string' ? { event } : {}),
    ...(typeof ref === 'string' ? { ref } : {}),
    ...(typeof actor === 'string' ? { actor } : {}),
    ...(fork === undefined ? {} : { fork: isYes(fork) }),
  };
  return {
    tier: TierName(tier),
    repository: {
      name: repository.includes('/') ? repository : `${login}/${repository}`,
      ...(repositoryId === undefined ? {} : { id: Number(repositoryId) }),
      ...(isVisibility(visibility) ? { visibility } : {}),
    },
    ...(typeof labels === 'string' ? { labels: labels.split(',').map((label) => label.trim()) } : {}),
    ...(typeof workflow === 'string' ? { workflow: { name: workflow } } : {}),
    ...(Object.keys(run).length > 0 ? { run } : {}),
  };
}

function isYes(given: unknown): boolean {
  if (given === 'yes' || given === 'no') return given === 'yes';
  throw new UsageError(`--fork is ${JSON.stringify(given)}; it must be yes or no.`);
}

const isVisibility = (given: unknown): given is 'public' | 'private' | 'internal' => {
  if (given === undefined) return false;
  if (given === 'public' || given === 'private' || given === 'internal') return true;
  throw new UsageError(`--visibility is ${JSON.stringify(given)}; it must be public, private or internal.`);
};
