/**
 * The parts that the real functions are composed of, as one process sees them: each port call goes through that
 * process, and its clock may be a little wrong. A new dependency of the use cases is added here, and nowhere else.
 */
import { createRulesLoader } from '../../../lib/adapters/cel/load-rules.ts';
import { budgetedGitHub } from '../../../lib/app/common/budgeted-github.ts';
import type { Deployment } from '../../../lib/contract/deployment.ts';
import type { UsageRecord } from '../../../lib/core/usage.ts';
import type { Arrivals, QueueArrivals } from '../../../lib/ports/arrivals.ts';
import type { UsageLedger } from '../../../lib/ports/usage-ledger.ts';
import { zones } from '../world/spot-market.ts';
import type { Copies } from './copies.ts';
import type { Ports } from './ports.ts';
import { type ProcessDeps, portOf, type Running } from './process.ts';

export interface PartsDeps extends ProcessDeps {
  readonly ports: Ports;
  readonly deployment: Deployment;
  /** With seeds whose operator has controllers over all tenants. */
  readonly copies?: Copies;
}

/** Loading during a run would take real time, so a run with rules loads them before it begins. */
export const loadRules = createRulesLoader();

export type Parts = ReturnType<typeof partsOf>;

/** @param messages.queues where this process's messages go */
export function partsOf(
  deps: PartsDeps,
  process: Running,
  messages: { queues: Ports['queues']; arrivals: Arrivals; questionArrivals: QueueArrivals },
) {
  const { ports, deployment, scheduler, random, faults } = deps;
  const port = <Port extends object>(name: string, target: Port) => portOf(deps, process, { name, target });
  const drawn = faults.strikes('clockSkew') ? random.between(-2_000, 2_000) : 0;
  const copy = deps.copies?.start(process, drawn);
  const skew = copy?.skew ?? drawn;
  const clock = { now: () => scheduler.now() + skew, sleep: scheduler.sleep };
  return {
    deployment,
    subnetIds: zones.map((zone) => `subnet-${zone}`),
    subnets: zones.map((zone) => ({ subnetId: `subnet-${zone}`, zone })),
    tenants: copy?.judging.tenants ?? port('tenants', ports.stores.tenants),
    audit: port('audit', ports.stores.audit),
    usage: port('usage', ports.stores.usage),
    ledger: ledgerOf(port('ledger', { list: listOf(ports.stores.ledger) })),
    jobs: port('jobs', ports.stores.jobs),
    launches: port('launches', ports.stores.launches),
    runners: copy?.judging.runners ?? port('runners', ports.stores.runners),
    controllers: copy?.judging.controllers ?? port('controllers', ports.stores.controllers),
    questions: port('questions', ports.stores.questions),
    callbacks: port('callbacks', ports.callbacks),
    loadRules,
    notes: port('notes', ports.notes),
    compute: port('compute', ports.compute),
    spotPrices: ports.spotMarket.ofCopy(process.id),
    github: budgetedGitHub(port('github', ports.github), {
      notes: port('notes', ports.notes),
      telemetry: ports.telemetry,
      clock,
    }),
    queues: port('queues', messages.queues),
    arrivals: port('arrivals', messages.arrivals),
    questionArrivals: port('questionArrivals', messages.questionArrivals),
    tickets: ports.tickets,
    identity: ports.identity,
    telemetry: ports.telemetry,
    clock,
    chance: random,
  };
}

type RecordsOf = Parameters<UsageLedger['recordsOf']>;

const listOf =
  (ledger: UsageLedger) =>
  async (...of: RecordsOf) => {
    const found: UsageRecord[] = [];
    for await (const record of ledger.recordsOf(...of)) found.push(record);
    return found;
  };

/** All pages together are one call here. */
const ledgerOf = ({ list }: { list: (...of: RecordsOf) => Promise<readonly UsageRecord[]> }) => ({
  async *recordsOf(...of: RecordsOf) {
    yield* await list(...of);
  },
});
