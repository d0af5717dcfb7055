/**
 * Tests whether these settings work: the engine answers, the image exists, GitHub registers a runner and removes it
 * again, and the group admits what it should. Each failed check says how to fix it.
 */
import type { Chance, Clock } from '../ports/clock.ts';
import type { ContainerEngine } from '../ports/container-engine.ts';
import { OperationalError } from '../ports/errors.ts';
import type { HostGitHub } from '../ports/host-github.ts';
import type { HostState } from '../ports/host-state.ts';
import type { HostConfig } from './config.ts';
import { findGroup, refusalText } from './group.ts';
import { neededRights } from './needed-rights.ts';
import { testRepositories } from './repositories.ts';
import { configurationKey, labelNames, nameStart, scopeName } from './runner.ts';

export interface Finding {
  readonly check: string;
  /** note: it works, but somebody should know. */
  readonly verdict: 'ok' | 'failed' | 'note';
  readonly text: string;
}

export interface ValidateDeps {
  /** fault: none answers; GitHub is asked all the same, so that one run shows all that must be corrected. */
  readonly engine: ContainerEngine | { readonly fault: string };
  readonly github: HostGitHub;
  readonly state: HostState;
  readonly clock: Clock;
  readonly chance: Chance;
  /** The newest version of the runner program; undefined if it could not be found out. */
  readonly newestRunner: () => Promise<string | undefined>;
}

export async function validateHost(deps: ValidateDeps, config: HostConfig): Promise<Finding[]> {
  const findings = [
    ...(await attempt('engine', () => engineFindings(deps, config))),
    ...(await attempt('registration', () => registrationFindings(deps, config))),
    ...(await attempt('repositories', () => repositoryFindings(deps, config))),
  ];
  if (config.socket !== undefined) {
    const text = `Jobs get ${config.socket}: anyone who can run a job is root on this host. Remove DOCKER_SOCKET unless you trust each of them.`;
    findings.push({ check: 'socket', verdict: 'note', text });
  }
  return findings;
}

async function engineFindings(deps: ValidateDeps, config: HostConfig): Promise<Finding[]> {
  const { engine } = deps;
  if ('fault' in engine) return [failed('engine', engine.fault)];
  const found = ok('engine', `${engine.name} ${await engine.version()} answers`);
  const image = await engine.image(config.image);
  if (!image) {
    const text = `There is no image ${config.image} here. Build it: npx mayfly host init --build`;
    return [found, { check: 'image', verdict: 'failed', text }];
  }
  const version = image.labels[labelNames.runnerVersion];
  const newest = await deps.newestRunner();
  if (version === undefined || newest === undefined || version === newest) {
    return [
      found,
      ok('image', `${config.image} has the runner program ${version ?? 'of an unknown version'}`),
    ];
  }
  const text = `${config.image} has the runner program ${version}, but ${newest} is out. GitHub refuses old ones after about 30 days: npx mayfly host init --build`;
  return [found, { check: 'image', verdict: 'note', text }];
}

/** Registers a runner that is never started, and removes it. A record exists in case this process dies in between. */
async function registrationFindings(deps: ValidateDeps, config: HostConfig): Promise<Finding[]> {
  const { github, state } = deps;
  const group = await findGroup(config, github);
  if (!group.ok) return [failed('group', group.trouble)];
  const { scope, labels, workFolder } = config;
  const start = nameStart(config.namePrefix, await state.hostId());
  const name = `${start}check-${deps.chance.id().slice(0, 8)}`;
  const record = { name, scope, configuration: configurationKey(config), bornAt: deps.clock.now() };
  await state.putRunner(record);
  const made = await github.register({ scope, name, labels, workFolder, runnerGroupId: group.groupId });
  if (!made.ok) {
    await state.dropRunner(name);
    const how =
      made.refusal.kind === 'forbidden' || made.refusal.kind === 'not-found'
        ? ` ${neededRights(config)}`
        : '';
    return [failed('registration', `${scopeName(scope)} gets no runner: ${refusalText(made.refusal)}${how}`)];
  }
  const removed = await github.remove(scope, name);
  if (removed.ok) await state.dropRunner(name);
  return [
    ...(scope.kind === 'organization'
      ? [ok('group', `runners join ${group.group?.name ?? 'the default group'}`)]
      : []),
    ok('registration', `GitHub registers runners of ${scopeName(scope)} and removes them`),
  ];
}

async function repositoryFindings(deps: ValidateDeps, config: HostConfig): Promise<Finding[]> {
  const tested = await testRepositories(deps.github, config, config.allowedRepositories);
  return tested.map(({ repository, isServed, text }) =>
    isServed ? ok(repository, text) : failed(repository, text),
  );
}

async function attempt(check: string, find: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof OperationalError)) throw error;
    return [failed(check, error.message)];
  }
}

const ok = (check: string, text: string): Finding => ({ check, verdict: 'ok', text });
const failed = (check: string, text: string): Finding => ({ check, verdict: 'failed', text });
