/**
 * Machines follow the boot script's protocol: claim with retries, confirm once, run one job, power off. Some never
 * boot, some die on the way, and hostile ones call the claim URL with credentials that they must not use, or continue
 * after their job.
 */
import type { InstanceId } from '../../../lib/core/ids.ts';
import type { MemoryMachine } from '../../fakes/compute.ts';
import type { Random } from '../random.ts';
import type { WorldDeps, WorldJob } from './context.ts';
import type { Ec2 } from './ec2.ts';
import type { GitHubWorld } from './github.ts';
import { claim, mayBegin, requestOf, tryForeignTicket, tryOtherNonce } from './machine-calls.ts';

const never = () => new Promise<never>(() => undefined);

export function runMachines(deps: WorldDeps, parts: { ec2: Ec2; github: GitHubWorld }): void {
  const { random, scheduler, faults, log, auditor, plane } = deps;
  const { ec2, github } = parts;

  ec2.onStart((machine) => void live(machine));

  async function live(machine: MemoryMachine) {
    const { instanceId } = machine;
    const isHostile = faults.strikes('hostile');
    if (faults.strikes('machineDies')) {
      scheduler.after(random.between(1, 1_500) * 1000, () => ec2.end(instanceId, 'it dies'));
    }
    if (machine.spot && faults.strikes('spotTaken')) {
      scheduler.after(random.between(5, 200) * 1000, () => takeBack(deps, parts, instanceId));
    }
    if (faults.strikes('neverBoots')) return log.add(() => `machine ${instanceId} never boots`);
    const wait = async (milliseconds: number) => {
      await scheduler.sleep(milliseconds);
      if (!ec2.isLive(instanceId)) await never();
    };
    await wait(faults.strikes('quickBoot') ? quickBoot(random) : random.between(12_000, 60_000));
    const request = requestOf(deps, machine);
    if (isHostile) await tryForeignTicket(deps, machine, request);
    const claimed = await claim(deps, request, wait);
    if (!claimed) return ec2.end(instanceId, 'it powers off without a job');
    const { gated } = claimed;
    if (isHostile) await tryOtherNonce(deps, request);
    if (deps.confirmPause) await wait(deps.confirmPause());
    if ((await plane.confirm({ ...request, gated })) !== true)
      return ec2.end(instanceId, 'it was not confirmed');
    if (!ec2.isLive(instanceId)) return;
    const listener = github.listen(instanceId, {
      // A hostile one may also just idle.
      isGhost: faults.strikes('ghost') || (isHostile && random.chance(0.3)),
      ...(gated ? { mayBegin: (job: WorldJob) => mayBegin(deps, request, job) } : {}),
      finished: () => {
        if (isHostile) return log.add(() => `machine ${instanceId} keeps running after its job`);
        scheduler.after(random.between(500, 5_000), () => ec2.end(instanceId, 'its job is done'));
      },
    });
    if (isHostile) auditor.forgedClaimAnswered('open-after-confirm', await plane.claim(request));
    await wait(deps.deployment.limits.idleSeconds * 1000);
    if (!listener.gotJob() && !isHostile) ec2.end(instanceId, 'it heard of no job');
  }
}

/** Half of the quick ones claim while their launch is being written. */
const quickBoot = (random: Random) =>
  random.chance(0.5) ? random.between(300, 3_000) : random.between(1, 600);

/** EC2's two minutes. The runner usually cancels its job within them; the job's own clean-up may take longer. */
const warningSeconds = 120;

function takeBack(deps: WorldDeps, parts: { ec2: Ec2; github: GitHubWorld }, instanceId: InstanceId): void {
  const { random, scheduler, log, auditor } = deps;
  const { ec2, github } = parts;
  if (!ec2.isLive(instanceId)) return;
  log.add(() => `machine ${instanceId} gets an interruption notice`);
  auditor.machineTakenBack(instanceId);
  ec2.warn(instanceId);
  scheduler.after(random.between(6, 150) * 1000, () => {
    if (ec2.isLive(instanceId)) github.cancelJobOn(instanceId);
  });
  scheduler.after(warningSeconds * 1000, () => ec2.reclaim(instanceId));
}
