/**
 * Computes the machines' cost again in the simplest way: on demand by the list price; on spot by a price that EC2
 * really had for that pool at about the time of the launch, and without a price only if EC2 could not be asked; and
 * free, except for disk and address, exactly if EC2 itself interrupted the machine in its first hour.
 */
import { onDemandPrice } from '../../../lib/core/price-list.ts';
import type { UsageRecord } from '../../../lib/core/usage.ts';
import type { AuditedMachine, Ledger, Note } from './ledger.ts';

/** Each copy of a function caches prices for ten minutes, and failed reads for one; clocks differ by two seconds. */
const rememberedMilliseconds = 605_000;
const unheardMilliseconds = 65_000;
/** From the moment when an end was known to the answer about its price. */
const askingMilliseconds = 10_000;
const hour = 3_600_000;

export function checkPrice(ledger: Ledger, record: UsageRecord, machine: AuditedMachine, note: Note): void {
  const { instanceId, spot, instanceType, zone, rates, launchedAt, endedAt } = record;
  const { compute } = rates;
  // A launch whose answer was lost may be completed after its machine's end; the price is asked for then.
  const askedBy = Math.max(endedAt, ledger.now());
  if (!spot) {
    if (compute !== onDemandPrice('us-east-1', instanceType))
      note('wrong-on-demand-price', `${instanceId} (${instanceType}) has the price ${compute}`);
  } else if (zone === undefined) {
    if (compute !== undefined)
      note('price-without-zone', `${instanceId} has the price ${compute} but no zone`);
  } else if (compute === undefined) {
    if (!ledger.market.lostBetween(endedAt - unheardMilliseconds, endedAt + askingMilliseconds))
      note('price-missing', `${instanceId} has no price, although the call at its end succeeded`);
  } else {
    const pool = { instanceType, zone };
    const from = launchedAt - rememberedMilliseconds;
    if (!ledger.market.hadPrice(pool, compute, { from, to: askedBy })) {
      const known = ledger.market.pricesBetween(pool, from, askedBy).join(', ');
      note('price-of-another-pool', `${instanceId} has the price ${compute}; its pool had ${known}`);
    }
  }
  checkCompute(ledger, record, machine, note);
}

function checkCompute(ledger: Ledger, record: UsageRecord, machine: AuditedMachine, note: Note): void {
  const { instanceId, rates, startedAt, endedAt, cost, takenBack, endReason } = record;
  const isYoung = endedAt - startedAt < hour;
  const reclaimedAt = ledger.reclaimedAt.get(instanceId);
  if (takenBack && reclaimedAt === undefined)
    note('free-without-interruption', `${instanceId} is free, but EC2 did not interrupt it`);
  const couldAsk =
    endReason === 'instance-ended' && !machine.wasForgotten && !ledger.describeFailedNear(endedAt);
  // A machine that was gone before anybody learned its type has no price, and costs nothing.
  const isPriced = rates.compute !== undefined;
  if (reclaimedAt !== undefined && !takenBack && isYoung && couldAsk && isPriced)
    note('interrupted-but-charged', `EC2 interrupted ${instanceId} in its first hour, but it is charged for`);
  const seconds = takenBack && isYoung ? 0 : Math.max(60, Math.ceil((endedAt - startedAt) / 1000));
  const due = rates.compute === undefined ? undefined : Math.round((rates.compute * seconds) / 3600);
  if (cost.compute !== due) note('compute-cost', `${instanceId} costs ${cost.compute} instead of ${due}`);
}
