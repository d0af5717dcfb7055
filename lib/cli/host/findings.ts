/** Checks a set of settings and prints one line for each check. */
import { createRunnerReleases } from '../../adapters/github-releases/runner-releases.ts';
import { systemChance, systemClock } from '../../adapters/system/clock.ts';
import type { HostConfig } from '../../host/config.ts';
import { type Finding, validateHost } from '../../host/validate.ts';
import { OperationalError } from '../../ports/errors.ts';
import type { CommandCall } from '../command.ts';
import { printableLine } from '../printable.ts';
import { HostFault } from './host-fault.ts';
import { openEngine } from './open-engine.ts';
import type { Host } from './open-host.ts';

/** The variable is for tests: GitHub Enterprise Server has no releases of actions/runner. */
export const releasesUrl = ({ environment }: CommandCall) =>
  environment['MAYFLY_RUNNER_RELEASES_URL'] ?? 'https://api.github.com';

export async function check(call: CommandCall, host: Host, config: HostConfig): Promise<Finding[]> {
  const engine = await openEngine(call, config).catch((error: unknown) => {
    if (error instanceof HostFault) return { fault: error.message };
    throw error;
  });
  const { state } = host;
  const releases = createRunnerReleases({ apiUrl: releasesUrl(call) });
  const newestRunner = async () => {
    try {
      return (await releases.find(undefined))?.version;
    } catch (error) {
      // If the newest version is unknown, jobs can run all the same.
      if (error instanceof OperationalError) return undefined;
      throw error;
    }
  };
  const deps = { engine, state, clock: systemClock, chance: systemChance, newestRunner };
  return validateHost({ ...deps, github: host.githubFor(config) }, config);
}

export const render = (findings: readonly Finding[]) =>
  findings
    .map(({ check: name, verdict, text }) => `${verdict.padEnd(6)}  ${printableLine(`${name}: ${text}`)}\n`)
    .join('');

export const hasFailed = (findings: readonly Finding[]) =>
  findings.some(({ verdict }) => verdict === 'failed');
