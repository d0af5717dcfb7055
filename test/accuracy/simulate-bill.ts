/**
 * A month of jobs, as the platform records them and as AWS bills them. The platform knows when it asked for a machine, when the
 * kernel said that it started, and when it heard of the end, with the delays and losses of real life; the bill knows the rest,
 * and the records never see it. The same for a seed.
 */
import { InstallationId, InstanceId, JobId, TierName } from '../../lib/core/ids.ts';
import { machineRates } from '../../lib/core/price.ts';
import { type UsageRecord, usageOf } from '../../lib/core/usage.ts';
import {
  type BillDials,
  type BilledLife,
  type BillItem,
  billItems,
} from '../../lib/local/bill/bill-items.ts';
import { spotPriceAt } from '../../lib/local/ec2/spot-price.ts';
import { givenRunner } from '../contracts/support/stored.ts';
import { createRandom } from '../sim/random.ts';

export interface SimulatedJobs {
  readonly jobs: number;
  readonly tenants: number;
  readonly days: number;
  readonly instanceType: string;
  readonly spot: boolean;
  readonly seed: number;
  readonly bill: BillDials;
}

export interface SimulatedMonth {
  readonly records: readonly UsageRecord[];
  /** By installation. */
  readonly bill: readonly (BillItem & {
    readonly installationId: InstallationId;
    readonly tier: TierName;
    readonly instanceId: string;
    readonly spot: boolean;
  })[];
}

const region = 'us-east-1';
const start = Date.parse('2026-10-01');
const day = 86_400_000;
const machine = { diskGigabytes: 30, diskIops: 3_000, diskThroughputMegabytes: 125, publicAddress: true };

export function simulateBill(options: SimulatedJobs): SimulatedMonth {
  const random = createRandom(options.seed);
  const lives = Array.from({ length: options.jobs }, (_, n) => simulateMachine(options, { random, n }));
  return { records: lives.map(({ record }) => record), bill: lives.flatMap(({ bill }) => bill) };
}

type Random = ReturnType<typeof createRandom>;

function simulateMachine(options: SimulatedJobs, { random, n }: { random: Random; n: number }) {
  const { instanceType, spot, tenants, days, bill: dials } = options;
  const installationId = InstallationId(1 + (n % tenants));
  const instanceId = InstanceId(`i-${options.seed.toString(16)}${n.toString(16).padStart(12, '0')}`);
  const zone = random.fraction() < 0.5 ? 'us-east-1a' : 'us-east-1b';
  const askedAt = start + Math.floor(random.fraction() * days * day);
  const runningAt = askedAt + random.between(8_000, 25_000);
  const kernelAt = runningAt + random.between(300, 2_500);
  const isIdle = random.fraction() < 0.03;
  const listeningAt = kernelAt + random.between(8_000, 20_000);
  // Most jobs take minutes, and a few take hours.
  const jobMilliseconds = 240_000 * Math.exp(0.8 * normal(random));
  const takenBack = spot && random.fraction() < 0.04;
  const wanted = listeningAt + (isIdle ? random.between(1_000, 30_000) : jobMilliseconds);
  const endedAt = takenBack ? listeningAt + random.fraction() * (wanted - listeningAt) : wanted;
  // EC2's word on a machine that ended by itself is lost now and then, and the sweep looks later.
  const heardAfter = random.fraction() < 0.01 ? random.between(60_000, 300_000) : random.between(200, 3_000);
  // A completed job ends its machine when it is heard of, so that AWS charges until then.
  const endsItself = takenBack || isIdle;
  const life: BilledLife = {
    ...{ instanceId, instanceType, spot, zone, runningAt, takenBack },
    endedAt: endsItself ? endedAt : endedAt + heardAfter,
    diskGigabytes: machine.diskGigabytes,
    publicAddress: true,
  };
  const tier = TierName(spot ? `${instanceType} spot` : instanceType);
  const pool = { instanceType, zone };
  const spotPrice = spot ? { spotPrice: spotPriceAt(region, pool, askedAt) } : {};
  const runner = givenRunner({
    ...{ installationId, instanceId, instanceType, spot, zone, tier },
    ...{ launchedAt: askedAt - 300, startedAt: askedAt },
    ...(isIdle ? {} : { listeningAt, runningAt: kernelAt }),
    rates: machineRates({ region, instanceType, spot, ...spotPrice, machine }),
  });
  const record = usageOf({
    runner,
    reason: endsItself ? 'instance-ended' : 'job-completed',
    endedAt: Math.round(endedAt + heardAfter),
    job: isIdle ? undefined : { jobId: JobId(n + 1), repository: 'acme/app', workflow: 'build' },
    takenBack: takenBack && random.fraction() < 0.98,
  });
  const of = { installationId, tier, instanceId, spot };
  return { record, bill: billItems(region, life, dials).map((item) => ({ ...item, ...of })) };
}

/** Around 0, by two chances. */
const normal = (random: Random) =>
  Math.sqrt(-2 * Math.log(1 - random.fraction())) * Math.cos(2 * Math.PI * random.fraction());
