/** `mayfly controllers create TENANT`: a new admission controller, disabled and without a scope by default. */
import { tokenSecrets } from '../../adapters/identity/token-secrets.ts';
import type { Controller } from '../../core/controllers/controller.ts';
import { type Command, UsageError } from '../command.ts';
import { stackOption } from '../setup/stack-option.ts';
import { adminOf, changeOptions, ownerHelp, ownerPositional } from './admin.ts';
import { changeAndPrint } from './change.ts';
import { controllerLines } from './controller-text.ts';
import { readSettings, settingOptions } from './settings.ts';

export const controllersCreate: Command = {
  name: 'controllers create',
  summary: 'create an admission controller',
  details: `
Examples:
  mayfly controllers create acme --rules rules.json --description "no forks"
  mayfly controllers create acme --url https://admit.acme.example/ --timeout 3000
  mayfly controllers create acme --poll --state dry_run
  mayfly controllers create @platform --rules rules.json --state dry_run

It is not asked about any job until it has a scope: mayfly controllers scope create. An https controller also needs a secret: mayfly controllers secret rotate.

${ownerHelp}
`,
  positionals: [ownerPositional],
  options: [...settingOptions, stackOption, ...changeOptions],
  async run(call) {
    const admin = await adminOf(call);
    const settings = await readSettings(call, admin);
    if (!settings.transport) throw new UsageError('Give exactly one of --rules, --url and --poll.');
    const change = { kind: 'create', id: `ctl_${tokenSecrets.id()}`, settings } as const;
    return changeAndPrint(call, admin, change, ({ controller }) => [
      ...controllerLines({ controller, connected: false }),
      ...(call.options['dryRun']
        ? ['It gets another id when it is created.']
        : nextLines(call.positionals[0] ?? '', controller)),
    ]);
  },
};

/** What it still lacks before it is asked about a job. */
function nextLines(owner: string, { id, transport }: Controller): readonly string[] {
  const first = {
    rules: [],
    https: [`a secret: npx mayfly controllers secret rotate ${owner} ${id}`],
    poll: [`a token:  npx mayfly controllers token create ${owner} --controller ${id}`],
  }[transport.kind];
  const scope = `a scope:  npx mayfly controllers scope create ${owner} ${id} --installation`;
  return [...first, scope].map((line) => `It still needs ${line}`);
}
