/** `mayfly controllers test TENANT`: what each controller would decide about a job, which need not exist. Read-only. */
import { tryJob } from '../../app/admission-api/try-job.ts';
import { triedView } from '../../app/admission-api/views.ts';
import { platformOwner } from '../../core/controllers/controller.ts';
import { type Command, jsonOption } from '../command.ts';
import { stackOption } from '../setup/stack-option.ts';
import { adminOf, demand, ownerPositional, print } from './admin.ts';
import { testedJob, testOptions, whyText } from './test-options.ts';

export const controllersTest: Command = {
  name: 'controllers test',
  summary: 'show how each admission controller would decide about a job',
  details: `
Examples:
  mayfly controllers test acme --tier large --repository acme/app
  mayfly controllers test acme --tier small --repository acme/app --event pull_request --fork yes
  mayfly controllers test acme --tier small --repository acme/app --workflow-path .github/workflows/ci.yml

It asks no controller and writes nothing: an external controller "would be asked". GitHub is asked for the id of the repository if a scope or an exemption names one, unless you give it. Disabled controllers are evaluated too, but do not count. The exit status is 1 if the job would not be admitted.
`,
  exitOne: 'the rules would not admit the job',
  positionals: [ownerPositional],
  options: [...testOptions, stackOption, jsonOption],
  async run(call) {
    const { deps, owner, found } = await adminOf(call);
    const answer = demand(call, await tryJob(deps, owner, testedJob(call, found?.tenant.accountLogin)));
    const lines = answer.votes.map(({ controller: { id, owner, state }, ...voted }) => {
      const who = owner === platformOwner ? `${id} of the operator` : id;
      return `  ${who}  ${voted.vote}${state === 'enabled' ? '' : ` (${state})`}${whyText(voted)}`;
    });
    print(call, triedView(answer), [
      answer.outcome,
      ...(lines.length > 0 ? lines : ['  No controller is asked.']),
    ]);
    return ['admitted', 'failed-open', 'asked'].includes(answer.outcome) ? 0 : 1;
  },
};
