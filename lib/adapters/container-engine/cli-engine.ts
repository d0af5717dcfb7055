/**
 * The port over the command line of Docker or Podman, which agree in everything used here. Containers get as little power
 * as a job can work with: no capabilities, no way to gain any, a bound on processes, no restart, and no image pulled from
 * a registry by accident.
 * Sources: https://docs.docker.com/reference/cli/docker/container/run/, https://docs.podman.io/en/v4.3/markdown/podman-run.1.html
 */
import type { Container, ContainerEngine, ImageBuild, NewContainer } from '../../ports/container-engine.ts';
import { OperationalError } from '../../ports/errors.ts';
import { type Ran, runProgram } from './run-program.ts';

export interface CliEngineOptions {
  /** `docker`, `podman`, or a path. */
  readonly program: string;
  /** Group of the engine's socket, if jobs may use it. */
  readonly socketGroup?: (socket: string) => Promise<number>;
}

const askSeconds = 60;
const startSeconds = 120;
const buildSeconds = 3600;
/** A job's processes, including threads. Without a bound one job could use up the host's. */
const mostProcesses = 4096;

export function createCliEngine({ program, socketGroup }: CliEngineOptions): ContainerEngine {
  const name = program.split('/').at(-1) ?? program;
  const ask = (args: readonly string[], seconds = askSeconds) => runProgram(program, args, { seconds });
  return {
    name,
    version: async () => {
      // Podman, which needs no server, answers with its own version.
      const ran = await ask(['version', '--format', '{{.Server.Version}}']);
      return done(ran, `${name} does not answer`).out.trim();
    },
    async image(reference) {
      const ran = await ask(['image', 'inspect', reference]);
      if (isGone(ran)) return undefined;
      const [shown] = JSON.parse(done(ran, 'the image cannot be read').out) as ImageShape[];
      return shown && { id: shown.Id, labels: labelsOf(shown) };
    },
    async build(build, onOutput) {
      const args = buildArguments(build);
      const ran = await runProgram(program, args, { seconds: buildSeconds, onOutput });
      done(ran, `${build.tag} could not be built`);
    },
    async run(container) {
      const groups =
        container.socket === undefined || !socketGroup ? [] : [await socketGroup(container.socket)];
      const args = runArguments(container, groups);
      const { environment } = container;
      const ran = await runProgram(program, args, { seconds: startSeconds, environment });
      done(ran, `${container.name} could not be started`);
    },
    async list([label, value]) {
      const listed = await ask([
        'ps',
        '--all',
        '--quiet',
        '--no-trunc',
        '--filter',
        `label=${label}=${value}`,
      ]);
      const ids = done(listed, 'containers cannot be listed').out.split('\n').filter(Boolean);
      if (ids.length === 0) return [];
      const ran = await ask(['container', 'inspect', ...ids]);
      // `inspect` fails if one was removed in between; the others are still printed.
      const shown = ran.out.trim() === '' ? '[]' : ran.out;
      if (ran.code !== 0 && !isGone(ran)) done(ran, 'containers cannot be read');
      return (JSON.parse(shown) as ContainerShape[]).map(containerOf);
    },
    async runs(container, wanted) {
      const ran = await ask(['top', container]);
      return ran.code === 0 ? ran.out.includes(wanted) : undefined;
    },
    async stop(container, graceSeconds) {
      // This option's long form has two names, depending on the engine's age.
      const ran = await ask(['stop', '-t', String(graceSeconds), container], graceSeconds + askSeconds);
      if (!isGone(ran)) done(ran, `${container} could not be stopped`);
    },
    async logs(container, lines) {
      const ran = await ask(['logs', '--tail', String(lines), container]);
      return isGone(ran) ? '' : `${done(ran, `the log of ${container} cannot be read`).out}${ran.error}`;
    },
    async follow(container, lines, onOutput) {
      // The container's output and the engine's errors share these streams, so ask first whether it exists.
      const found = await ask(['container', 'inspect', container]);
      if (isGone(found)) return false;
      done(found, `${container} cannot be read`);
      const ran = await runProgram(program, ['logs', '--follow', '--tail', String(lines), container], {
        onOutput,
      });
      if (isGone(ran)) return false;
      done(ran, `the log of ${container} cannot be followed`);
      return true;
    },
    async remove(container) {
      const ran = await ask(['rm', '--volumes', container]);
      if (!isGone(ran)) done(ran, `${container} could not be removed`);
    },
  };
}

/** Arguments of `docker run`; the values of variables come from the command's own environment. */
export function runArguments(container: NewContainer, groups: readonly number[] = []): string[] {
  const { name, image, labels, environment, limits, network, socket } = container;
  const each = (flag: string, values: readonly string[]) => values.flatMap((value) => [flag, value]);
  return [
    ...['run', '--detach', '--pull', 'never', '--restart', 'no', '--name', name],
    ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--pids-limit', String(mostProcesses)],
    ...(limits.memory === undefined ? [] : ['--memory', limits.memory]),
    ...(limits.cpus === undefined ? [] : ['--cpus', limits.cpus]),
    ...(network === undefined ? [] : ['--network', network]),
    ...(socket === undefined ? [] : ['--volume', `${socket}:/var/run/docker.sock`]),
    ...each('--group-add', groups.map(String)),
    ...each(
      '--label',
      Object.entries(labels).map(([label, value]) => `${label}=${value}`),
    ),
    ...each('--env', Object.keys(environment)),
    image,
  ];
}

const buildArguments = ({ tag, folder, arguments: given }: ImageBuild) => [
  ...['build', '--tag', tag, '--file', `${folder}/Containerfile`],
  ...Object.entries(given).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
  folder,
];

interface ImageShape {
  readonly Id: string;
  /** Null if there are none. */
  readonly Config?: { readonly Labels?: Readonly<Record<string, string>> | null } | null;
}

interface ContainerShape extends ImageShape {
  readonly Name: string;
  readonly State: { readonly Status: string; readonly ExitCode: number };
}

const labelsOf = ({ Config }: ImageShape) => Config?.Labels ?? {};

const containerOf = (shape: ContainerShape): Container => ({
  // Docker writes a slash before the name.
  name: shape.Name.replace(/^\//, ''),
  state: stateOf(shape.State.Status),
  exitCode: shape.State.ExitCode,
  labels: labelsOf(shape),
});

/**
 * The engines' words for the same states. A container that is paused, stopping or being removed still has processes.
 * Sources: https://docs.docker.com/reference/api/engine/ (ContainerState), Podman's libpod/define/containerstate.go
 */
function stateOf(status: string): Container['state'] {
  if (['created', 'configured', 'initialized'].includes(status)) return 'created';
  return ['exited', 'stopped', 'dead'].includes(status) ? 'ended' : 'running';
}

const isGone = ({ code, error }: Ran) =>
  code !== 0 && /no such (?:container|object|image)|image not known/i.test(error);

/** @throws OperationalError unless it succeeded */
function done(ran: Ran, what: string): Ran {
  if (ran.code === 0) return ran;
  const said = ran.error.trim().split('\n').slice(-3).join(' ') || `it ended with ${ran.code}`;
  throw new OperationalError(`${what}: ${said}`, { code: 'engine-refused', retryable: true });
}
