/**
 * `mayfly setup`: makes the deployment's GitHub App, or takes an existing one. Secrets go from GitHub straight to Secrets
 * Manager; they are printed nowhere and written to no file.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { githubApiUrl } from '../../config/github-api-url.ts';
import {
  appManifest,
  longestAppName,
  newAppUrl,
  type RunnerLevel,
  runnerLevels,
} from '../../core/app-manifest.ts';
import { type Command, type CommandCall, UsageError } from '../command.ts';
import { convertManifest } from './convert-manifest.ts';
import { type DeploymentOutputs, readOutputs } from './deployment-outputs.ts';
import { startManifestServer } from './manifest-server.ts';
import { checkApp, putSecret, readKey, storeApp } from './stored-app.ts';

export const setup: Command = {
  name: 'setup',
  summary: 'create the GitHub App, or enter an existing one',
  help: `
mayfly setup --organization ORG          opens the way to a new App, owned by ORG
mayfly setup                             the same, owned by whoever is signed in to GitHub
mayfly setup --app-id 123 --key app.pem  takes an existing App: its id and a private key of it (PEM or base64 of PEM);
                                         the key is tried at GitHub before it replaces another one

  --level organization|repository|both   which runners it is for (default: both; user accounts need repository)
  --name NAME                            of the new App, at most ${longestAppName} characters
  --public                               other accounts may install it: it is then open compute: see onboarding and caps in README.md

A new App's webhook secret and key are stored by themselves. An existing App's webhook URL and secret are yours to set:
the URL is printed, and the secret is where the output WebhookSecretCommand says.
`,
  options: {
    organization: { type: 'string' },
    level: { type: 'string', default: 'both' },
    name: { type: 'string' },
    public: { type: 'boolean', default: false },
    'app-id': { type: 'string' },
    key: { type: 'string' },
    'github-web-url': { type: 'string' },
  },
  async run(call) {
    const outputs = await readOutputs(call);
    const byHand = call.options['app-id'] !== undefined || call.options['key'] !== undefined;
    await (byHand ? enter(call, outputs) : create(call, outputs));
    return 0;
  },
};

/** As long as a signed state may be good. */
const minutes = 30;

async function create(call: CommandCall, outputs: DeploymentOutputs): Promise<void> {
  const { config, io } = call;
  const state = randomBytes(24).toString('base64url');
  const organization = text(call, 'organization');
  const page = newAppUrl(config.githubHost, { state, ...(organization ? { organization } : {}) });
  const options = { name: appName(call), level: level(call), isPublic: call.options['public'] === true };
  const server = await startManifestServer({
    state,
    action: onHost(page, text(call, 'github-web-url')),
    manifest: (redirectUrl) => appManifest({ ...options, redirectUrl, webhookUrl: outputs.webhookUrl }),
    milliseconds: minutes * 60_000,
  });
  try {
    io.out(
      `Open this address in a browser on this machine, within ${minutes} minutes:\n\n  ${server.url}\n\nWaiting for GitHub …\n`,
    );
    const app = await convertManifest(apiUrl(call), await server.code);
    await storeApp(call, outputs, app);
    await putSecret(call, outputs.webhookSecretArn, app.webhookSecret);
    io.out(
      `The App ${app.slug} (id ${app.appId}) is made, and its secrets are stored.\nInstall it: ${app.htmlUrl}/installations/new\n`,
    );
  } finally {
    server.close();
  }
}

async function enter(call: CommandCall, outputs: DeploymentOutputs): Promise<void> {
  const appId = text(call, 'app-id');
  const file = text(call, 'key');
  if (!appId || !file)
    throw new UsageError('An existing App needs both: --app-id 123456 --key path/to/key.pem');
  const app = { appId, privateKey: readKey(readFile(file)) };
  const name = await checkApp(apiUrl(call), app);
  await storeApp(call, outputs, app);
  call.io.out(
    `GitHub takes the key for the App ${name}; it is stored.\nThe App's webhook URL must be: ${outputs.webhookUrl}\n`,
  );
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new UsageError(`The key file ${path} cannot be read: ${(cause as Error).message}`);
  }
}

function appName(call: CommandCall): string {
  const name = text(call, 'name') ?? `${call.config.environment} runners`;
  if (name.length <= longestAppName) return name;
  throw new UsageError(
    `The name ${JSON.stringify(name)} has ${name.length} characters; GitHub allows ${longestAppName}. Give another with --name.`,
  );
}

function level(call: CommandCall): RunnerLevel {
  const given = text(call, 'level');
  const found = runnerLevels.find((one) => one === given);
  if (found) return found;
  throw new UsageError(`--level is ${JSON.stringify(given)}; allowed are ${runnerLevels.join(', ')}.`);
}

function text(call: CommandCall, option: string): string | undefined {
  const value = call.options[option];
  return typeof value === 'string' ? value : undefined;
}

const apiUrl = ({ config }: CommandCall) => config.githubApiUrl ?? githubApiUrl(config.githubHost);

/** The page's path on another host: a stand-in for GitHub. */
function onHost(page: string, host: string | undefined): string {
  if (!host) return page;
  const { pathname, search } = new URL(page);
  return new URL(`${pathname}${search}`, host).href;
}
