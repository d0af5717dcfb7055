/**
 * The one write that enforces all limits: leases and launch in one transaction, all or nothing. However many callers run it
 * at once, a tenant never holds more leases than its limits allow. Jobs are covered afterwards, each in a write of its own
 * (`cover` in launch-store.ts): in the transaction each would cost twice, and a missing job would cancel it.
 *
 *   Tenant                                        Launch
 *   ┌──────────────────────────────────────────┐  ┌───────────────────────────────┐
 *   │ 1 status = active                        │  │ 6 attribute_not_exists        │
 *   │ 2 attribute_not_exists(predecessor)      │  │   (launch_id)                 │
 *   │ 3 max_runners, tier, tier_limits.<tier>  │  └───────────────────────────────┘
 *   │   = what was read                        │
 *   │ 4 leases_held:        absent or ≤ room   │
 *   │ 5 leases_held_<tier>: absent or ≤ room   │
 *   │ 7 admission_epoch = what was read        │
 *   │ 8 spend_cap, daily_cap, spend_strict     │
 *   │   = what was read                        │
 *   │ 9 spent_<month>, spent_<day>: as 4 and 5 │
 *   └──────────────────────────────────────────┘
 *
 * 1, 2: a suspended tenant, and one whose earlier installation still has machines, starts nothing.
 * 3: room was computed from these; if an operator has edited one since, the write fails.
 * 4, 5: room is the limit minus what this write adds, so the limit holds afterwards. The counts do not exist before the
 *    first lease.
 * 6: if the launch exists, an earlier attempt wrote it, and its response was lost.
 * 7: jobs were admitted under this policy; if a controller has changed since, the write fails.
 * 8, 9: the same for money, if the tenant has caps: this write adds the expected cost of the machines. If room must stay free
 *    for what machines may cost beyond that, lease_changes must also be what was read.
 *
 * If the tenant has a launch rate, it must have room for the launch. If caps over all tenants are configured, the transaction
 * also writes a row of each, whose count is bounded in the same way; see cap-rows.ts.
 */
import type { CancellationReason, DynamoDBClient, TransactWriteItem } from '@aws-sdk/client-dynamodb';
import { admissionEpochAttribute, leasesAttribute, tierLeasesAttribute } from '../../contract/tables.ts';
import { type Launch, maxMachinesPerLaunch } from '../../core/launch.ts';
import { beginTogetherMilliseconds } from '../../core/launch-rate.ts';
import { periodsOf } from '../../core/spend.ts';
import { tierLimit } from '../../core/tier-limit.ts';
import type { TakeOutcome, Taking } from '../../ports/launches.ts';
import { number, text } from './attributes.ts';
import { capItem } from './cap-rows.ts';
import { inflated } from './deflated.ts';
import { operationalCode, passesSoon } from './errors.ts';
import { launchRow, requestText } from './launch-row.ts';
import { expectedOf, roomIn, spendTaken } from './spend-changes.ts';
import { tenantKey, tenantOfRow } from './tenant-row.ts';
import { isUnmet, tryTransaction, updateItem } from './write.ts';

export interface TakeTables {
  readonly tenants: string;
  readonly jobs: string;
  readonly launches: string;
}

export async function take(client: DynamoDBClient, names: TakeTables, taking: Taking): Promise<TakeOutcome> {
  assertPlannedWithinLimits(taking);
  assertWithinCaps(taking);
  const { caps = [], launch } = taking;
  const reasons = await tryTransaction(client, [
    tenantItem(names.tenants, taking),
    ...caps.map((cap) => capItem(names.launches, cap, launch)),
    launchItem(names.launches, launch),
  ]);
  return reasons === undefined ? { kind: 'taken' } : outcomeOf(reasons, taking);
}

function assertPlannedWithinLimits({ tenant, tier, launch }: Taking): void {
  const inTier = tierLimit(tenant, tier);
  const allowed = Math.min(maxMachinesPerLaunch, tenant.maxRunners, inTier);
  const given = launch.plannedJobs.length;
  if (given >= 1 && given <= allowed) return;
  throw new Error(
    `Launch ${launch.launchId} requests ${given} machines; 1 to ${allowed} are allowed: the least of what a ` +
      `launch may have (${maxMachinesPerLaunch}), the tenant's limit (${tenant.maxRunners}) and the one for the tier (${inTier}).`,
  );
}

/** The condition passes while the tenant's counts do not exist. So a launch that exceeds the whole cap is refused here. */
function assertWithinCaps({ tenant, launch }: Taking): void {
  const [expected, [month, day]] = [expectedOf(launch), periodsOf(launch.createdAt)];
  const caps = [
    { cap: tenant.caps?.month, period: month },
    { cap: tenant.caps?.day, period: day },
  ];
  for (const { cap, period } of caps) {
    if (cap === undefined || expected <= roomIn(tenant, period, cap)) continue;
    throw new Error(
      `Launch ${launch.launchId} is expected to cost ${expected}; the cap for ${period} is ${cap}.`,
    );
  }
  if (tenant.caps?.unreadable !== undefined) throw new Error(`Nothing starts: ${tenant.caps.unreadable}`);
}

function tenantItem(tableName: string, taking: Taking): TransactWriteItem {
  const { tenant, tier, launch, asRead = false } = taking;
  const machines = launch.plannedJobs.length;
  const rate = rateChange(taking);
  const spend = spendTaken(tenant, launch, asRead);
  const [sets, removes] = [
    [...spend.sets, ...rate.sets],
    [...spend.removes, ...rate.removes],
  ];
  const own = tenant.tierLimits?.get(tier.name);
  return updateItem({
    tableName,
    key: tenantKey(tenant.installationId),
    update: `ADD ${[
      `#${leasesAttribute} :machines`,
      '#tierLeases :machines',
      '#lease_changes :one',
      ...spend.adds,
      ...rate.adds,
    ].join(', ')}${clause('SET', sets)}${clause('REMOVE', removes)}`,
    condition: [
      '#status = :active',
      'attribute_not_exists(#predecessor)',
      '#max_runners = :maxRunners',
      '#tier = :plan',
      own === undefined ? 'attribute_not_exists(#tier_limits.#tierName)' : '#tier_limits.#tierName = :own',
      `(attribute_not_exists(#${leasesAttribute}) OR #${leasesAttribute} <= :room)`,
      '(attribute_not_exists(#tierLeases) OR #tierLeases <= :tierRoom)',
      tenant.admissionEpoch === undefined
        ? `attribute_not_exists(#${admissionEpochAttribute})`
        : `#${admissionEpochAttribute} = :epoch`,
      ...spend.conditions,
      ...rate.conditions,
    ].join(' AND '),
    values: {
      ':active': text('active'),
      ':maxRunners': number(tenant.maxRunners),
      ':room': number(tenant.maxRunners - machines),
      ':plan': text(tenant.tier),
      ...(own === undefined ? {} : { ':own': number(own) }),
      ':tierRoom': number(tierLimit(tenant, tier) - machines),
      ':machines': number(machines),
      ':one': number(1),
      ...(tenant.admissionEpoch === undefined ? {} : { ':epoch': number(tenant.admissionEpoch) }),
      ...spend.values,
      ...rate.values,
    },
    names: { '#tierLeases': tierLeasesAttribute(tier.name), '#tierName': tier.name, ...spend.names },
  });
}

const clause = (word: string, changes: readonly string[]) =>
  changes.length === 0 ? '' : ` ${word} ${changes.join(', ')}`;

/** Copies that launch at once both pass, whether or not they find the rate in use: see launch-rate.ts. */
function rateChange({ rate }: Taking) {
  if (!rate) return { adds: [], sets: [], removes: [], conditions: [], values: {} };
  const { cost, usedAtMost, from, anew } = rate;
  const known =
    anew && (anew.instead === undefined ? 'attribute_not_exists(#rate_from)' : '#rate_from = :rateWas');
  return {
    adds: ['#rate_used :rateCost'],
    sets: anew ? ['#rate_from = :rateFrom'] : [],
    // Rows of an earlier version.
    removes: anew ? ['#rate_used_until'] : [],
    conditions: [
      `(${known ? `${known} OR ` : ''}#rate_from BETWEEN :rateEarliest AND :rateLatest)`,
      '(attribute_not_exists(#rate_used) OR #rate_used <= :rateMost)',
    ],
    values: {
      ':rateCost': number(cost),
      ':rateMost': number(usedAtMost),
      ':rateEarliest': number(from - beginTogetherMilliseconds),
      ':rateLatest': number(from + beginTogetherMilliseconds),
      ...(anew ? { ':rateFrom': number(from) } : {}),
      ...(anew?.instead === undefined ? {} : { ':rateWas': number(anew.instead) }),
    },
  };
}

function launchItem(tableName: string, launch: Launch): TransactWriteItem {
  return {
    Put: {
      TableName: tableName,
      Item: launchRow(launch),
      ConditionExpression: 'attribute_not_exists(launch_id)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  };
}

/** Looks at the launch's own row first: if it exists, all other conditions fail because of this very launch. */
function outcomeOf(reasons: readonly CancellationReason[], { launch, caps = [] }: Taking): TakeOutcome {
  const [tenant, ...others] = reasons;
  const stored = others.at(-1);
  if (stored !== undefined && isUnmet(stored)) {
    if (inflated(stored.Item?.['request']) === requestText(launch)) return { kind: 'taken' };
    throw new Error(
      `Launch ${launch.launchId} is stored with another request; a launch's id is never used twice.`,
    );
  }
  if (tenant !== undefined && isUnmet(tenant)) {
    return { kind: 'tenant-changed', tenant: tenant.Item && tenantOfRow(tenant.Item) };
  }
  const full = caps.find((_, n) => others[n] !== undefined && isUnmet(others[n]));
  if (full) return { kind: 'cap-full', row: full.row };
  if (reasons.some((reason) => passesSoon(reason.Code ?? 'None'))) return { kind: 'contended' };
  const cause = reasons.find((reason) => (reason.Code ?? 'None') !== 'None');
  throw operationalCode('taking leases', cause?.Code ?? 'TransactionCanceledException', cause?.Message);
}
