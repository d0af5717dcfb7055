/**
 * `mayfly setup`: makes the deployment's GitHub App, or takes an existing one. Secrets go from GitHub straight to Secrets
 * Manager; they are printed nowhere and written to no file.
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
import { type DeploymentOutputs, readOutputs, stackHelp, stackOption } from './deployment-outputs.ts';
import { setupDeps } from './deps.ts';
import { enterApp } from './enter-app.ts';
import { startManifestServer } from './manifest-server.ts';
import { printPageLink } from './page-link.ts';
import { readableApp, refuseReplacing } from './refuse-replacing.ts';

export const setup: Command = {
  name: 'setup',
  summary: 'create the GitHub App, or enter an existing one',
  help: `
mayfly setup --organization ORG          opens the way to a new App, owned by ORG
mayfly setup                             the same, owned by whoever is signed in to GitHub
mayfly setup --app-id 123 --key app.pem  takes an existing App: its id and a private key of it (PEM or base64 of PEM);
                                         the key is tried at GitHub before it replaces another one
mayfly setup --page                      prints a link, good for half an hour and for one App, to a page of the deployment that
                                         does all of this in any browser

  --replace                              also where another App is stored already, whose installations are then over here
  --level organization|repository|both   which runners it is for. Default: organization where one owns the App, else
                                         repository; both: where organizations and user accounts are to install it
  --name NAME                            of the new App, at most ${longestAppName} characters
  --public                               other accounts may install it: it is then open compute: see onboarding and caps in README.md
  --reruns                               lets it run a job again whose spot machine AWS took back (Actions: write)
  ${stackHelp}

The key goes straight to Secrets Manager, and GitHub is told where to send webhooks and what to sign them with; nothing has
to be deployed again. An existing App's permissions and events are yours to set: README.md, The App by hand.
`,
  options: {
    organization: { type: 'string' },
    level: { type: 'string' },
    name: { type: 'string' },
    public: { type: 'boolean', default: false },
    reruns: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    replace: { type: 'boolean', default: false },
    'app-id': { type: 'string' },
    key: { type: 'string' },
    ...stackOption,
  },
  async run(call) {
    const outputs = await readOutputs(call);
    const byHand = call.options['app-id'] !== undefined || call.options['key'] !== undefined;
    if (call.options['page'] === true) await printPageLink(call, outputs);
    else await (byHand ? enterApp(call, outputs) : create(call, outputs));
    return 0;
  },
};

/** As long as a signed state may be good. */
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
        `The App's key did not arrive: ${converted.why}. If GitHub lists the new App, delete it there; then run mayfly setup again.`,
      );
    }
    const { appId, name, htmlUrl } = await takeCreatedApp(deps, converted.value);
    io.out(
      `The App ${name} (id ${appId}) is made, and its secrets are stored.\nInstall it: ${htmlUrl}/installations/new\n`,
    );
  } finally {
    server.close();
  }
}

function appName(call: CommandCall): string {
  const name = text(call, 'name') ?? `${call.config.environment} runners`;
  if (name.length <= longestAppName) return name;
  throw new UsageError(
    `The name ${JSON.stringify(name)} has ${name.length} characters; GitHub allows ${longestAppName}. Give another with --name.`,
  );
}

function level(call: CommandCall, owner: 'organization' | 'account'): RunnerLevel {
  const given = text(call, 'level') ?? defaultLevel(owner);
  const found = runnerLevels.find((one) => one === given);
  if (found) return found;
  throw new UsageError(`--level is ${JSON.stringify(given)}; allowed are ${runnerLevels.join(', ')}.`);
}

function text(call: CommandCall, option: string): string | undefined {
  const value = call.options[option];
  return typeof value === 'string' ? value : undefined;
}
