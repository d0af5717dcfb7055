/**
 * The demo's own records: what the stand-ins for EC2 and GitHub saw, and nothing from the platform's tables except the
 * refused jobs, which only the platform knows. They show who got what, and whether an invariant was broken.
 */
import type { LaptopEvent } from '../laptop-event.ts';

export interface JobRecord {
  readonly login: string;
  readonly queuedAt: number;
  startedAt?: number;
  conclusion?: string;
}

export interface AccountRecord {
  readonly login: string;
  limit: number;
  /** A tier: its own limit and those of the tiers before it are raised to `limit`. */
  readonly plan: string;
  running: number;
  mostRunnersAtOnce: number;
}

export interface Machine {
  readonly tenant: string;
  readonly tier: string;
}

export interface Ledger {
  readonly jobs: ReadonlyMap<number, JobRecord>;
  readonly accounts: ReadonlyMap<string, AccountRecord>;
  /** Jobs that the platform refused. */
  readonly refused: Set<number>;
  readonly invariantsBroken: readonly string[];
  /** @param account.plan absent: the first tier */
  open(account: { login: string; installationId: number; limit: number; plan?: string }): void;
  /** Records machines, jobs, denials and faults; ignores other events. */
  note(event: LaptopEvent): void;
}

export interface LedgerOptions {
  /** Who owns an instance, by its tags. */
  machine(instanceId: string): Machine | undefined;
  /** Machines of a tier that one tenant may have, in the order of the configuration. */
  readonly tierCaps: Readonly<Record<string, number>>;
}

export function createLedger({ machine, tierCaps }: LedgerOptions): Ledger {
  const jobs = new Map<number, JobRecord>();
  const accounts = new Map<string, AccountRecord>();
  const byTenant = new Map<string, AccountRecord>();
  const live = new Map<string, Machine>();
  const broken = new Set<string>();

  function noteMachine(instanceId: string, state: string): void {
    const owner = machine(instanceId);
    const account = owner && byTenant.get(owner.tenant);
    if (!owner || !account) return void broken.add(`${instanceId} belongs to no tenant`);
    if (state === 'pending') live.set(instanceId, owner);
    if (state === 'shutting-down' || state === 'terminated') live.delete(instanceId);
    const own = [...live.values()].filter(({ tenant }) => tenant === owner.tenant);
    account.running = own.length;
    account.mostRunnersAtOnce = Math.max(account.mostRunnersAtOnce, own.length);
    if (own.length > account.limit)
      broken.add(`${account.login} had ${own.length} machines, its limit is ${account.limit}`);
    const ofTier = own.filter(({ tier }) => tier === owner.tier).length;
    const cap = capOf(account, owner.tier);
    if (ofTier > cap)
      broken.add(`${account.login} had ${ofTier} ${owner.tier} machines, its limit there is ${cap}`);
  }

  const tiers = Object.keys(tierCaps);
  const capOf = ({ plan, limit }: AccountRecord, tier: string) => {
    const cap = tierCaps[tier] ?? 0;
    return tiers.indexOf(tier) <= tiers.indexOf(plan) ? Math.max(cap, limit) : cap;
  };

  function noteJob(name: string, at: number, fields: LaptopEvent['fields']): void {
    const jobId = Number(fields['jobId']);
    const job = jobs.get(jobId);
    if (name === 'job-queued')
      jobs.set(jobId, { login: String(fields['repository']).split('/')[0] ?? '', queuedAt: at });
    if (name === 'job-started' && job) job.startedAt ??= at;
    if (name === 'job-completed' && job) job.conclusion = String(fields['conclusion']);
  }

  return {
    jobs,
    accounts,
    refused: new Set(),
    get invariantsBroken() {
      return [...broken];
    },
    open({ login, installationId, limit, plan = tiers[0] ?? '' }) {
      const account: AccountRecord = { login, limit, plan, running: 0, mostRunnersAtOnce: 0 };
      accounts.set(login, account);
      byTenant.set(String(installationId), account);
    },
    note(event) {
      if (event.kind === 'machine')
        noteMachine(String(event.fields['instanceId']), String(event.fields['state']));
      if (event.kind === 'github') noteJob(event.text, event.at, event.fields);
      if (event.kind === 'denied' || event.kind === 'fault') broken.add(`${event.kind}: ${event.text}`);
    },
  };
}
