/**
 * One runner of a single host: its name, where it registers, and the labels of its container, from which a supervisor
 * without other knowledge can take it over. Names are never reused.
 */
import { createHash } from 'node:crypto';
import type { RunnerScope } from '../core/github.ts';
import type { Container, NewContainer } from '../ports/container-engine.ts';
import type { HostRunner } from '../ports/host-state.ts';
import type { HostConfig } from './config.ts';

export const labelNames = {
  host: 'dev.mayfly.host',
  scope: 'dev.mayfly.scope',
  configuration: 'dev.mayfly.configuration',
  runnerVersion: 'dev.mayfly.runner-version',
} as const;

/** The prefix of the names of all runners of this host, on GitHub too. */
export const nameStart = (namePrefix: string, hostId: string) => `${namePrefix}-${hostId}-`;

/** Equal for equal runners: a digest of what a runner is created with. */
export function configurationKey(config: HostConfig): string {
  const { scope, group, namePrefix, labels, workFolder, image, limits, network, socket } = config;
  const made = { scope, group, namePrefix, labels, workFolder, image, limits, network, socket };
  return createHash('sha256').update(JSON.stringify(made)).digest('hex').slice(0, 16);
}

export function containerOf(
  runner: HostRunner,
  { config, hostId, jitConfig }: { config: HostConfig; hostId: string; jitConfig: string },
): NewContainer {
  const { image, limits, network, socket } = config;
  return {
    name: runner.name,
    image,
    limits,
    labels: {
      [labelNames.host]: hostId,
      [labelNames.scope]: JSON.stringify(runner.scope),
      [labelNames.configuration]: runner.configuration,
    },
    environment: { ACTIONS_RUNNER_INPUT_JITCONFIG: jitConfig },
    ...(network === undefined ? {} : { network }),
    ...(socket === undefined ? {} : { socket }),
  };
}

/** The runner that a container was created for, if nothing else is known about it. */
export function runnerOf(container: Container, now: number): HostRunner | undefined {
  const scope = scopeIn(container.labels[labelNames.scope]);
  const configuration = container.labels[labelNames.configuration] ?? '';
  return scope && { name: container.name, scope, configuration, bornAt: now };
}

function scopeIn(text = ''): RunnerScope | undefined {
  if (!text.startsWith('{')) return undefined;
  const scope = JSON.parse(text) as RunnerScope;
  return scope.kind === 'organization' || scope.kind === 'repository' ? scope : undefined;
}

export const scopeName = (scope: RunnerScope) =>
  scope.kind === 'organization' ? scope.organization : `${scope.owner}/${scope.repository}`;
