/**
 * `mayfly setup`: creates the deployment's GitHub App, or stores an existing one. Secrets go from GitHub directly to
 * Secrets Manager; they are never printed and never written to a file.
 */
import { randomBytes } from 'node:crypto';
import { takeCreatedApp } from '../../app/setup/take-app.ts';
import {
  appManifest,
  defaultLevel,
  longestAppName,
  newAppUrl,
  type RunnerLevel,
  runnerLevels,
} from '../../core/app-manifest.ts';
import { type Command, type CommandCall, UsageError } from '../command.ts';
import { outlines } from '../outlines.ts';
import { printableLine } from '../printable.ts';
import { reasonOption } from '../tenants/tenant-options.ts';
import { type DeploymentOutputs, readOutputs } from './deployment-outputs.ts';
import { setupDeps } from './deps.ts';
import { enterApp } from './enter-app.ts';
import { startManifestServer } from './manifest-server.ts';
import { printPageLink } from './page-link.ts';
import { readableApp, refuseReplacing } from './refuse-replacing.ts';
import { stackOption } from './stack-option.ts';

export const setup: Command = {
  ...outlines.setup,
  details: `
Examples:
  mayfly setup --organization my-company    creates an App that my-company owns
  mayfly setup                              creates an App that your own GitHub account owns
  mayfly setup --app-id 123 --key app.pem   stores an existing App, after testing its key on GitHub
  mayfly setup --page                       prints a link to the deployment's setup page, for any browser; it
                                            works once, within half an hour

The private key goes straight to Secrets Manager, and GitHub gets the webhook's URL and secret; nothing has to be
deployed again. You set the permissions and events of an existing App yourself: see docs/DEPLOYMENT.md, The App by hand.
`,
  options: [
    { flags: '--organization <login>', description: 'the organization that owns the new App' },
    {
      flags: '--level <level>',
      description: `where runners are registered: ${runnerLevels.join(', ')}; default: organization if one owns the App, else repository`,
    },
    { flags: '--name <name>', description: `the new App's name, at most ${longestAppName} characters` },
    {
      flags: '--public',
      description:
        'other accounts may install it and start machines on your bill; see onboarding and caps in docs/CONFIGURATION.md',
    },
    {
      flags: '--reruns',
      description: 'let it re-run a job that lost its spot machine (needs Actions: write)',
    },
    { flags: '--page', description: 'print a link to the setup page instead' },
    { flags: '--app-id <id>', description: 'the id of an existing App' },
    { flags: '--key <file>', description: 'a private key of that App, as PEM or base64 of PEM' },
    {
      flags: '--replace',
      description: 'replace the App that is stored; its existing installations stop working',
    },
    reasonOption,
    stackOption,
  ],
  async run(call) {
    const outputs = await readOutputs(call);
    const byHand = call.options['appId'] !== undefined || call.options['key'] !== undefined;
    if (call.options['page'] === true) await printPageLink(call, outputs);
    else await (byHand ? enterApp(call, outputs) : create(call, outputs));
    return 0;
  },
};

/** As long as a link to the deployment's own setup page is valid. */
const minutes = 30;

async function create(call: CommandCall, outputs: DeploymentOutputs): Promise<void> {
  const { io } = call;
  const deps = setupDeps(call, outputs);
  const state = randomBytes(24).toString('base64url');
  const organization = text(call, 'organization');
  const options = {
    name: appName(call),
    level: level(call, organization ? 'organization' : 'account'),
    isPublic: call.options['public'] === true,
    rerunsJobs: call.options['reruns'] === true,
    webhookUrl: outputs.webhookUrl,
  };
  if (call.options['replace'] !== true) {
    refuseReplacing(await readableApp(deps.vault), 'run this again with --replace');
  }
  const server = await startManifestServer({
    state,
    action: newAppUrl(outputs.githubWebUrl, { state, ...(organization ? { organization } : {}) }),
    manifest: (redirectUrl) => appManifest({ ...options, redirectUrl }),
    milliseconds: minutes * 60_000,
  });
  try {
    io.out(
      `Open this address in a browser on this machine, within ${minutes} minutes:\n\n  ${server.url}\n\nWaiting for GitHub …\n`,
    );
    const converted = await deps.newApps.convert(await server.code);
    if (!converted.ok) {
      throw new UsageError(
        `The App's key did not arrive: ${converted.why}. If GitHub lists the new App, delete it there. Then run mayfly setup again.`,
      );
    }
    const { appId, name, htmlUrl, todo } = await takeCreatedApp(deps, converted.value);
    io.out(
      `Created the App ${printableLine(name)} (id ${appId}) and stored its secrets.\nInstall it: ${printableLine(htmlUrl)}/installations/new\n`,
    );
    if (todo !== undefined) io.error(`${todo}\n`);
  } finally {
    server.close();
  }
}

function appName(call: CommandCall): string {
  const name = text(call, 'name') ?? `${call.config.environment} runners`;
  if (name.length <= longestAppName) return name;
  throw new UsageError(
    `The name ${JSON.stringify(name)} has ${name.length} characters; GitHub allows ${longestAppName}. Choose another with --name.`,
  );
}

function level(call: CommandCall, owner: 'organization' | 'account'): RunnerLevel {
  const given = text(call, 'level') ?? defaultLevel(owner);
  const found = runnerLevels.find((one) => one === given);
  if (found) return found;
  throw new UsageError(`--level is ${JSON.stringify(given)}; allowed values are ${runnerLevels.join(', ')}.`);
}

function text(call: CommandCall, option: string): string | undefined {
  const value = call.options[option];
  return typeof value === 'string' ? value : undefined;
}
