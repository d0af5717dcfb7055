/**
 * The state of a single host's runners, from its records, its containers and GitHub's registrations, and what is wrong
 * with them.
 */
import { isHostLocked } from '../../adapters/host-files/host-lock.ts';
import type { HostConfig } from '../../host/config.ts';
import { refusalText } from '../../host/group.ts';
import { labelNames, nameStart, scopeName } from '../../host/runner.ts';
import type { Container, ContainerEngine } from '../../ports/container-engine.ts';
import type { ShownRunner } from '../../ports/host-github.ts';
import type { Report, Wish } from '../../ports/host-state.ts';
import type { CommandCall } from '../command.ts';
import { printableLine } from '../printable.ts';
import { openEngine } from './open-engine.ts';
import type { Host } from './open-host.ts';

export interface HostStatus {
  readonly place: string;
  readonly group?: string;
  readonly mode: 'serving' | 'stopping' | 'stopped' | 'dead';
  readonly wanted: number;
  readonly runners: readonly RunnerStatus[];
  readonly problems: readonly string[];
}

export interface RunnerStatus {
  readonly name: string;
  readonly container: 'created' | 'running' | 'ended' | 'none';
  readonly github: 'busy' | 'online' | 'offline' | 'not registered' | 'unknown';
  readonly labels: readonly string[];
  /** Its last log line about its state. */
  readonly lastActivity: string;
}

export async function readStatus(call: CommandCall, host: Host, config: HostConfig): Promise<HostStatus> {
  const { state } = host;
  const engine = await openEngine(call, config);
  const hostId = await state.hostId();
  const [isSupervised, wish, report, records, containers, shown] = await Promise.all([
    isHostLocked(host.folder),
    state.wish(),
    state.report(),
    state.runners(),
    engine.list([labelNames.host, hostId]),
    host.githubFor(config).list(config.scope),
  ]);
  const start = nameStart(config.namePrefix, hostId);
  const registered = shown.ok ? shown.value.runners.filter(({ name }) => name.startsWith(start)) : [];
  const areAllShown = shown.ok && shown.value.isComplete;
  const names = [...new Set([...records, ...containers, ...registered].map(({ name }) => name))];
  const runners = await Promise.all(
    names.sort().map((name) => viewRunner(name, { containers, registered, areAllShown, engine })),
  );
  const mode = modeOf({ isSupervised, wish, report });
  const refused = shown.ok
    ? []
    : [`${scopeName(config.scope)} cannot be read: ${refusalText(shown.refusal)}`];
  const problems = [...refused, ...problemsOf({ mode, report, runners, wanted: config.runners })];
  const { group, runners: wanted } = config;
  return { place: scopeName(config.scope), ...(group ? { group } : {}), mode, wanted, runners, problems };
}

async function viewRunner(
  name: string,
  seen: {
    readonly containers: readonly Container[];
    readonly registered: readonly ShownRunner[];
    readonly areAllShown: boolean;
    readonly engine: ContainerEngine;
  },
): Promise<RunnerStatus> {
  const container = seen.containers.find((one) => one.name === name)?.state ?? 'none';
  const found = seen.registered.find((one) => one.name === name);
  const absent = seen.areAllShown ? 'not registered' : 'unknown';
  return {
    name,
    container,
    github: found?.busy ? 'busy' : found?.online ? 'online' : found ? 'offline' : absent,
    labels: found?.labels ?? [],
    lastActivity: container === 'none' ? '' : await lastActivity(seen.engine, name),
  };
}

function modeOf({
  isSupervised,
  wish,
  report,
}: {
  isSupervised: boolean;
  wish: Wish;
  report: Report | undefined;
}): HostStatus['mode'] {
  if (isSupervised) return report?.mode === 'serve' ? 'serving' : 'stopping';
  return wish.mode === 'serve' && report ? 'dead' : 'stopped';
}

function problemsOf(seen: {
  mode: HostStatus['mode'];
  report: Report | undefined;
  runners: readonly RunnerStatus[];
  wanted: number;
}): string[] {
  const { mode, report, runners, wanted } = seen;
  const problems: string[] = [];
  if (mode === 'dead')
    problems.push('The supervisor died. Start it again; it takes over what is left: npx mayfly host start');
  if (report?.trouble !== undefined && mode !== 'stopped') problems.push(report.trouble);
  const running = runners.filter(({ container }) => container === 'running').length;
  // Between two jobs the ended runner is still being removed.
  if (mode === 'serving' && running < wanted && running === runners.length)
    problems.push(`${running} of ${wanted} runners run.`);
  if (mode === 'stopped' && runners.length > 0)
    problems.push('Containers or registrations are left. Clean up: npx mayfly host stop');
  return problems;
}

/** In the runner program's words: Listening for Jobs, Running job, completed with result. */
async function lastActivity(engine: ContainerEngine, name: string): Promise<string> {
  const lines = (await engine.logs(name, 50)).split('\n');
  return printableLine(lines.findLast((line) => /listening|running job|completed/i.test(line)) ?? '').slice(
    0,
    60,
  );
}
