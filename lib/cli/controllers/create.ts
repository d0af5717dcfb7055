/** `mayfly controllers create TENANT`: a new admission controller, disabled and without a scope by default. */
import { tokenSecrets } from '../../adapters/identity/token-secrets.ts';
import { type Command, UsageError } from '../command.ts';
import { stackOption } from '../setup/stack-option.ts';
import { adminOf, changeOptions, ownerHelp, ownerPositional } from './admin.ts';
import { changeAndPrint } from './change.ts';
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
    return changeAndPrint(call, admin, { kind: 'create', id: `ctl_${tokenSecrets.id()}`, settings });
  },
};
