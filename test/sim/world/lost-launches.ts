/**
 * Launches that EC2 carries out and denies: with some seeds the answers to a launch are lost for some minutes, EC2 shows
 * none of its machines meanwhile, and one of its jobs is cancelled. So the sweep finds a launch of which nobody knows
 * whether it was requested, for a job that needs no machine any more. This draws from its own random generator.
 */
import type { FleetRequest } from '../../../lib/core/fleet-request.ts';
import { LaunchId } from '../../../lib/core/ids.ts';
import type { LaunchAnswer } from '../../../lib/ports/compute.ts';
import { createRandom } from '../random.ts';
import type { WorldDeps } from './context.ts';
import type { GitHubWorld } from './github.ts';
import { eventfulSeconds } from './times.ts';

/** Sixteen seeds only: in them few launches go as usual. */
const hasLostLaunches = (seed: number): boolean => seed < 256 && seed % 16 === 6;

const lost: LaunchAnswer = {
  kind: 'unclear',
  failure: { class: 'unknown', code: 'TimeoutError', message: 'The answer was lost.' },
};

export function loseLaunches(deps: WorldDeps, github: GitHubWorld, seed: number): void {
  const { scheduler, faults, log, auditor, ports } = deps;
  if (!hasLostLaunches(seed) || faults.mood === 'calm') return;
  const random = createRandom(seed * 7_919 + 3);
  const { compute } = ports;
  const { ledger } = auditor;
  const launch = compute.launch.bind(compute);
  const quietAt = scheduler.now() + eventfulSeconds * 1000;
  const shownAt = new Map<string, number>();

  compute.launch = async (request) => {
    const before = compute.machines.size;
    const answer = await launch(request);
    const now = scheduler.now();
    const { ClientToken: token } = request;
    if (!shownAt.has(token)) shownAt.set(token, now < quietAt && random.chance(0.5) ? begin(request) : now);
    if (shownAt.get(token)! <= now) return answer;
    for (const { instanceId } of [...compute.machines.values()].slice(before))
      hide(instanceId, shownAt.get(token)!);
    return lost;
  };

  function begin({ ClientToken: token }: FleetRequest): number {
    const seconds = random.between(60, 900);
    log.add(() => `the answers to launch ${token} are lost for ${seconds} s`);
    const [planned] = ledger.rows.launches.get(LaunchId(token))?.plannedJobs ?? [];
    const job = planned && ledger.worldJobs.get(planned.jobId);
    if (job) scheduler.after(random.between(1, 60) * 1000, () => github.cancel(job));
    return scheduler.now() + seconds * 1000;
  }

  function hide(instanceId: string, until: number): void {
    const machine = compute.machines.get(instanceId as never)!;
    machine.hidden = true;
    auditor.machineForgotten(instanceId);
    scheduler.after(until - scheduler.now(), () => {
      machine.hidden = false;
    });
  }
}
