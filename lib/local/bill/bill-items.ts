/**
 * What AWS charges for a machine: the truth that the platform's records only estimate. By hour and component, from the
 * moment that it runs to the moment that it begins to end, with EC2's minimum of 60 seconds; a spot machine at each
 * hour's price, and free if EC2 took it back in its first hour; a burstable one by what its processors really did; less a
 * discount.
 * Sources: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/billing-for-interrupted-spot-instances.html,
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/burstable-performance-instances-unlimited-mode-concepts.html
 */
import { createHash } from 'node:crypto';
import { type CpuCredits, surplusPerHour } from '../../core/burstable.ts';
import type { Component } from '../../core/price.ts';
import { onDemandPrice, pricesOf } from '../../core/price-list.ts';
import { spotPriceAt } from '../ec2/spot-price.ts';

export interface BillDials {
  /** Average load of burstable machines' processors, in thousandths. */
  readonly busyThousandths: number;
  /** How far single machines differ from that, at most. */
  readonly busySpreadThousandths: number;
  /** Off the on-demand price, as with a savings plan. */
  readonly discountThousandths: number;
  /** How long until usage is on the bill. */
  readonly lagHours: number;
}

export const usualBill: BillDials = {
  busyThousandths: 600,
  busySpreadThousandths: 300,
  discountThousandths: 0,
  lagHours: 0,
};

export interface BilledLife {
  readonly instanceId: string;
  readonly instanceType: string;
  readonly spot: boolean;
  readonly zone: string;
  /** From pending to running, epoch milliseconds. */
  readonly runningAt: number;
  /** When it began to shut down. */
  readonly endedAt: number;
  readonly takenBack: boolean;
  readonly diskGigabytes: number;
  readonly publicAddress: boolean;
  readonly cpuCredits?: CpuCredits;
}

export interface BillItem {
  /** In UTC. */
  readonly day: string;
  readonly component: Component;
  readonly micros: number;
  /** Before the discount, if there is one. */
  readonly listMicros?: number;
}

const hour = 3_600_000;
const leastMilliseconds = 60_000;

export function billItems(region: string, life: BilledLife, dials: BillDials): BillItem[] {
  const { runningAt, spot, takenBack, diskGigabytes, publicAddress } = life;
  const endedAt = Math.max(life.endedAt, runningAt + leastMilliseconds);
  const isFree = spot && takenBack && life.endedAt - runningAt < hour;
  const prices = pricesOf(region);
  const busy = busyOf(life.instanceId, dials);
  const surplus = surplusPerHour(life.instanceType, busy, life.cpuCredits);
  return hoursBetween(runningAt, endedAt).flatMap(({ from, to }) => {
    const part = (to - from) / hour;
    const perHour: Readonly<Record<Component, number>> = {
      compute: isFree ? 0 : computePerHour(region, life, { at: from, dials }),
      surplus: isFree ? 0 : surplus,
      disk: (diskGigabytes * (prices?.disk.gigabyte ?? 0)) / 730,
      address: publicAddress ? (prices?.address ?? 0) : 0,
    };
    const day = new Date(from).toISOString().slice(0, 10);
    const paid = 1 - dials.discountThousandths / 1000;
    return Object.entries(perHour).map(([component, price]) => ({
      ...{ day, component: component as Component },
      micros: price * part,
      ...(component === 'compute' && !spot && paid > 0 && paid < 1
        ? { listMicros: (price * part) / paid }
        : {}),
    }));
  });
}

function computePerHour(
  region: string,
  { instanceType, zone, spot }: BilledLife,
  { at, dials }: { at: number; dials: BillDials },
): number {
  if (spot) return spotPriceAt(region, { instanceType, zone }, at);
  return ((onDemandPrice(region, instanceType) ?? 0) * (1000 - dials.discountThousandths)) / 1000;
}

/** Always the same for one machine. */
function busyOf(instanceId: string, { busyThousandths, busySpreadThousandths }: BillDials): number {
  const chance = createHash('sha256').update(instanceId).digest().readUInt32BE() / 2 ** 32;
  return Math.min(1000, Math.max(0, busyThousandths + (2 * chance - 1) * busySpreadThousandths));
}

function hoursBetween(from: number, to: number): { from: number; to: number }[] {
  const first = Math.floor(from / hour);
  return Array.from({ length: Math.ceil(to / hour) - first }, (_, n) => ({
    from: Math.max(from, (first + n) * hour),
    to: Math.min(to, (first + n + 1) * hour),
  })).filter((part) => part.to > part.from);
}
