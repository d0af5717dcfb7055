/**
 * `mayfly rollback`: restores the configuration of an earlier deploy from the audit to mayfly.config.ts, deploys and
 * verifies it. It never overwrites a file that differs from what is deployed. If it dies anywhere, the same command
 * with `--to` continues.
 */
import { readFileSync } from 'node:fs';
import {
  type ConfigurationVersion,
  configurationVersions,
} from '../../adapters/dynamodb/deployment-audit.ts';
import { checkConfig } from '../../config/check-config.ts';
import { tables } from '../../contract/tables.ts';
import { removedSecret, withoutSecrets } from '../../core/redact.ts';
import { isSameConfiguration } from '../../core/setting-differences.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type Command, type CommandCall, UsageError } from '../command.ts';
import { outlines } from '../outlines.ts';
import { recordDeploymentChange } from '../record-deployment-change.ts';
import { changeOptions } from '../tenants/tenant-options.ts';
import { configText } from './config-text.ts';
import { deployAndVerify, verifyDeployed } from './deploy-and-verify.ts';
import { codeHint, differencesOf, differenceText, listText, versionView } from './version-text.ts';

const deployCommand = 'npx cdk deploy --all';

export const rollback: Command = {
  ...outlines.rollback,
  details: `
Examples:
  mayfly rollback --list             what was deployed, and what each version would change now
  mayfly rollback --dry-run          what going back to the previous deploy would change
  mayfly rollback                    writes it to mayfly.config.ts, deploys and checks it
  mayfly rollback --to 3 --yes --reason "ticket 1234"

The reconciler records each deploy within five minutes. A rollback restores settings only; the code stays as it is in this checkout, and the command says if it differs. The replaced file is kept as mayfly.config.ts.before-rollback, and restored if the deploy fails. If the command was interrupted, run it again with --to. A second run without --to undoes the first.

It needs the policies rollback and deployer.
`,
  exitOne: 'the deploy failed, another configuration runs now, or the status shows problems',
  options: [
    { flags: '--to <version>', description: 'the version to go back to' },
    { flags: '--list', description: 'list the versions, and change nothing' },
    { flags: '--yes', description: 'do not ask before it deploys' },
    { flags: '--deploy <command>', description: 'the shell command that deploys', default: deployCommand },
    {
      flags: '--wait <seconds>',
      description: 'how long to wait until the reconciler runs with it',
      default: '600',
    },
    ...changeOptions,
  ],
  async run(call) {
    const versions = await readVersions(call);
    if (call.options['list']) return list(call, versions);
    const [deployed] = versions;
    if (!deployed) throw new UsageError(nothingRecorded);
    const wanted = choose(call, versions, deployed);
    const file = readConfigFile(call, { deployed, wanted });
    return rollBack(call, { deployed, wanted, file });
  },
};

const nothingRecorded =
  'No deploy is recorded yet. The reconciler records each deploy within five minutes. Is the platform deployed, and does the reconciler run?';
/** A deploy a day, for years. */
const mostVersions = 1_000;

const readVersions = (call: CommandCall, most = mostVersions): Promise<ConfigurationVersion[]> =>
  configurationVersions(
    { client: dynamoClient(call), tableName: `${call.config.environment}-${tables.audit.suffix}` },
    most,
  );

interface Pair {
  readonly deployed: ConfigurationVersion;
  readonly wanted: ConfigurationVersion;
}

interface ConfigFile {
  readonly path: string;
  readonly text: string;
  /** An earlier run has already written it. */
  readonly isWanted: boolean;
}

async function rollBack(call: CommandCall, { deployed, wanted, file }: Pair & { file: ConfigFile }) {
  const { io, options } = call;
  const isJson = options['json'] === true;
  const changes = differencesOf(deployed, wanted);
  const shown = { from: deployed.version, to: wanted.version, changed: changes };
  const hint = codeHint(deployed, wanted);
  const say = (text: string) => (isJson ? io.error(text) : io.out(text));
  if (!isJson || options['dryRun'] !== true) {
    say(`Version ${deployed.version} is deployed. Back to version ${wanted.version}:\n`);
    say(differenceText(changes));
    if (hint !== undefined) say(`\n${hint}\n`);
  }
  if (options['dryRun'] === true) {
    const outcome = { ...shown, code: hint ?? null, dryRun: true };
    io.out(
      isJson
        ? `${JSON.stringify(outcome)}\n`
        : '\nNothing was changed. To do it, run the same without --dry-run.\n',
    );
    return 0;
  }
  if (changes.length > 0) {
    await confirm(call);
    await recordDeploymentChange(call, {
      action: `rolling-back-to-${wanted.version}`,
      before: Object.fromEntries(changes.flatMap(({ path, before }) => (before ? [[path, before]] : []))),
      after: Object.fromEntries(changes.flatMap(({ path, after }) => (after ? [[path, after]] : []))),
    });
    const text = configText(wanted.configuration, wanted.version);
    const failure = await deployAndVerify(call, { file, text, say });
    if (failure !== undefined) return report(call, { ...shown, problems: [failure] });
  }
  return report(call, { ...shown, problems: await verifyDeployed(call, { wanted, readVersions, say }) });
}

function report(call: CommandCall, outcome: { readonly to: number; readonly problems: readonly string[] }) {
  const { to, problems } = outcome;
  if (call.options['json']) call.io.out(`${JSON.stringify(outcome)}\n`);
  else if (problems.length === 0)
    call.io.out(`The configuration of version ${to} is deployed, and nothing is wrong.\n`);
  else call.io.out(`\nProblems:\n${problems.map((one) => `  ${one}\n`).join('')}`);
  return problems.length === 0 ? 0 : 1;
}

function choose(
  call: CommandCall,
  versions: readonly ConfigurationVersion[],
  deployed: ConfigurationVersion,
): ConfigurationVersion {
  const to = call.options['to'];
  const wanted =
    typeof to === 'string'
      ? versions.find(({ version }) => String(version) === to)
      : versions.find(({ configuration }) => !isSameConfiguration(configuration, deployed.configuration));
  if (!wanted && typeof to !== 'string') {
    throw new UsageError('No other configuration was ever deployed: there is nothing to go back to.');
  }
  if (!wanted) {
    const known = versions.map(({ version }) => version).toReversed();
    throw new UsageError(
      `There is no version ${JSON.stringify(to)}; recorded versions are ${known.join(', ')}.`,
    );
  }
  refuseUnfit(wanted);
  return wanted;
}

/** A configuration that was valid for the code of that time may be invalid for today's. */
function refuseUnfit({ version, configuration }: ConfigurationVersion): void {
  if (configuration.includes(removedSecret)) {
    throw new UsageError(
      `Version ${version} had a secret in a setting, and secrets are not stored. Set the other settings by hand: npx mayfly rollback --to ${version} --dry-run`,
    );
  }
  const outcome = checkConfig(JSON.parse(configuration));
  if (outcome.ok) return;
  const faults = outcome.faults.map((fault) => `\n  - ${fault}`).join('');
  throw new UsageError(
    `The configuration of version ${version} does not fit the code of this checkout. Check out that deploy's commit and deploy it, or correct the configuration by hand:${faults}`,
  );
}

/** @throws UsageError if the file has changes that were never deployed: they would be lost */
function readConfigFile(call: CommandCall, { deployed, wanted }: Pair): ConfigFile {
  const { configFile: path, config } = call;
  const now = withoutSecrets(JSON.stringify(config));
  const isWanted = isSameConfiguration(now, wanted.configuration);
  if (!isWanted && !isSameConfiguration(now, deployed.configuration)) {
    const of = { ...deployed, configuration: now };
    throw new UsageError(
      `mayfly.config.ts differs from what is deployed. Deploying it would change:\n${differenceText(differencesOf(deployed, of))}` +
        'Deploy it, or revert these changes (git diff mayfly.config.ts), and run this again.',
    );
  }
  if (path === undefined) throw new UsageError('There is no mayfly.config.ts here to write to.');
  return { path, text: readFileSync(path, 'utf8'), isWanted };
}

async function confirm({ io, options }: CommandCall): Promise<void> {
  if (options['yes'] === true) return;
  if (!io.ask)
    throw new UsageError(
      'Standard input is not a terminal, so nobody can confirm. To deploy without confirmation: --yes',
    );
  const answer = await io.ask(`\nDeploy it with ${String(options['deploy'])}? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('Nothing was changed.');
}

function list(call: CommandCall, versions: readonly ConfigurationVersion[]): number {
  const [deployed] = versions;
  const shown = versions.map((version) => versionView(version, deployed!));
  call.io.out(call.options['json'] ? `${JSON.stringify(shown)}\n` : listText(shown));
  return 0;
}
