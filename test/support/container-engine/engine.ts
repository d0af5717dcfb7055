/**
 * Replaces Docker or Podman where neither can run: their command line, as far as a single host uses it. It keeps
 * containers in the folder ENGINE_STATE and runs each as a session of processes of this user, from the image's own
 * entrypoint script, with its own disk (a folder). An unknown option fails, as it does there.
 * Sources: https://docs.docker.com/reference/cli/docker/, https://docs.docker.com/engine/containers/run/#exit-status
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Contained,
  containerFolder,
  endSession,
  isRunning,
  readContained,
  sessionLines,
  statusOf,
} from './containers.ts';
import { options, Refused, take } from './options.ts';

const state = process.env['ENGINE_STATE'] ?? '';
const imageFolder = (tag: string) => join(state, 'images', encodeURIComponent(tag));
const dial = (name: string) => existsSync(join(state, 'dials', name));
const missing = (name: string) => new Refused(1, `Error response from daemon: No such container: ${name}`);

const commands: Readonly<Record<string, (args: string[]) => Promise<void> | void>> = {
  version: () => say('28.1.1'),
  build,
  image: ([verb, tag = '']) => {
    if (verb !== 'inspect') throw new Refused(1, `unknown command: image ${verb}`);
    const path = join(imageFolder(tag), 'image.json');
    if (!existsSync(path)) {
      say('[]');
      throw new Refused(1, `Error response from daemon: No such image: ${tag}`);
    }
    say(`[${readFileSync(path, 'utf8')}]`);
  },
  run,
  ps(args) {
    const given = take(args, options.ps);
    const [, wanted = ''] = /^label=(.+)$/.exec(given.one('--filter')) ?? [];
    const [label = '', value = ''] = wanted.split('=');
    for (const container of containers()) {
      const isShown = given.has('--all') || isRunning(state, container);
      if (isShown && container.labels[label] === value) say(container.id);
    }
  },
  container([verb, ...names]) {
    if (verb !== 'inspect') throw new Refused(1, `unknown command: container ${verb}`);
    const found = names.map(find);
    say(JSON.stringify(found.flatMap((one) => (one ? [shape(one)] : []))));
    // Prints the existing ones, and fails for the others.
    const gone = names.filter((_name, at) => !found[at]);
    if (gone.length > 0) throw missing(gone.join(', '));
  },
  top([name = '']) {
    const container = known(name);
    if (!isRunning(state, container)) throw new Refused(1, `Container ${name} is not running`);
    say(['UID PID CMD', ...sessionLines(state, container)].join('\n'));
  },
  async logs(args) {
    const given = take(args, options.logs);
    const container = known(given.rest[0] ?? '');
    const path = join(containerFolder(state, container.name), 'log');
    let text = textOf(path);
    if (text === undefined) throw missing(container.name);
    say(
      text
        .trimEnd()
        .split('\n')
        .slice(-Number(given.one('--tail')))
        .join('\n'),
    );
    // Until the container ends, or its log.
    for (let isOver = !given.has('--follow'); !isOver; ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      isOver = !isRunning(state, container);
      const now = textOf(path);
      if (now === undefined) return;
      process.stdout.write(now.slice(text.length));
      text = now;
    }
  },
  async stop(args) {
    const given = take(args, options.stop);
    const container = known(given.rest[0] ?? '');
    await endSession(state, container, Number(given.one('-t')) * 1000);
  },
  async rm(args) {
    const given = take(args, options.rm);
    const container = known(given.rest[0] ?? '');
    if (isRunning(state, container) && !given.has('--force')) {
      throw new Refused(1, 'Error response from daemon: cannot remove container: container is running');
    }
    await endSession(state, container, 0);
    rmSync(containerFolder(state, container.name), { recursive: true, force: true });
  },
};

/** Undefined: another command has just removed the container. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function build(args: string[]): Promise<void> {
  const given = take(args, options.build);
  const parameters = Object.fromEntries(given.all('--build-arg').map((one) => one.split(/=(.*)/s)));
  const answer = await fetch(parameters['RUNNER_URL']);
  const archive = Buffer.from(await answer.arrayBuffer());
  const sum = createHash('sha256').update(archive).digest('hex');
  if (sum !== parameters['RUNNER_SHA256']) throw new Refused(1, 'runner.tar.gz: FAILED');
  const folder = imageFolder(given.one('--tag'));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'runner.tar.gz'), archive);
  cpSync(join(given.rest[0] ?? '', 'entrypoint.sh'), join(folder, 'entrypoint.sh'));
  const Labels = { 'dev.mayfly.runner-version': parameters['RUNNER_VERSION'] };
  writeFileSync(join(folder, 'image.json'), JSON.stringify({ Id: `sha256:${sum}`, Config: { Labels } }));
  say(`Successfully tagged ${given.one('--tag')}`);
}

async function run(args: string[]): Promise<void> {
  const given = take(args, options.run);
  const [image = ''] = given.rest;
  const name = given.one('--name');
  const taken = find(name);
  if (taken) {
    const words = `Conflict. The container name "/${name}" is already in use by container "${taken.id}".`;
    throw new Refused(125, `docker: Error response from daemon: ${words}`);
  }
  if (!existsSync(imageFolder(image))) {
    throw new Refused(125, `docker: Error response from daemon: No such image: ${image}`);
  }
  const folder = containerFolder(state, name);
  mkdirSync(join(folder, 'disk'), { recursive: true });
  const id = randomBytes(32).toString('hex');
  const labels = Object.fromEntries(given.all('--label').map((one) => one.split(/=(.*)/s)));
  // A variable without a value takes the caller's, and is not set if the caller has none.
  const environment = Object.fromEntries(
    given
      .all('--env')
      .map((one) => (one.includes('=') ? one.split(/=(.*)/s) : [one, process.env[one]]))
      .filter(([, value]) => value !== undefined),
  );
  writeFileSync(join(folder, 'log'), '');
  writeFileSync(join(folder, 'container.json'), JSON.stringify({ id, name, image, labels }));
  writeFileSync(join(folder, 'arguments.json'), JSON.stringify(args));
  // A container that cannot be started stays, with the state created.
  if (dial('cannot-start')) throw new Refused(126, 'docker: Error response from daemon: exec format error');
  const keeper = fileURLToPath(new URL('keeper.sh', import.meta.url));
  const variables = {
    ...environment,
    CONTAINER: folder,
    IMAGE: imageFolder(image),
    PATH: process.env['PATH'],
  };
  const child = spawn('bash', [keeper], { detached: true, stdio: 'ignore', env: variables });
  await new Promise((resolve) => child.once('spawn', resolve));
  child.unref();
  while (!existsSync(join(folder, 'session'))) await new Promise((resolve) => setTimeout(resolve, 5));
  say(id);
}

function containers(): Contained[] {
  const folder = join(state, 'containers');
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => readContained(state, name) ?? []);
}

/** By name, or by id. */
const find = (wanted: string) => containers().find(({ id, name }) => id === wanted || name === wanted);

function known(name: string): Contained {
  const container = find(name);
  if (!container) throw missing(name);
  return container;
}

const shape = (container: Contained) => ({
  Id: container.id,
  Name: `/${container.name}`,
  State: statusOf(state, container),
  Config: { Labels: container.labels },
});

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const [command = '', ...rest] = process.argv.slice(2);
try {
  if (dial('down'))
    throw new Refused(1, 'Cannot connect to the Docker daemon. Is the docker daemon running?');
  const known = commands[command];
  if (!known)
    throw new Refused(1, `${basename(process.argv[1] ?? '')}: '${command}' is not a docker command.`);
  await known(rest);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.code;
}
