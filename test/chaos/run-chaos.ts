/**
 * One run: four tenants install the App, jobs and trouble come for so many seconds, and then the platform has a bounded
 * time to come to rest. Only what repairs the platform in the field helps it: its own schedules, fired more often than by
 * the clock, and an operator who sends dead letters back.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SQSClient, StartMessageMoveTaskCommand } from '@aws-sdk/client-sqs';
import { createLedger, type Ledger } from '../../lib/local/demo/ledger.ts';
import type { Laptop } from '../../lib/local/laptop.ts';
import type { LaptopEvent } from '../../lib/local/laptop-event.ts';
import { setVisibility } from '../e2e/support/visibility.ts';
import { type Account, messagesIn, startWorld, type World } from '../e2e/support/world.ts';
import { audit, countOutcomes, judgeJobs } from './audit.ts';
import { chaosConfig, githubPatience, tenants } from './configuration.ts';
import { startLoad } from './load.ts';
import type { ChaosReport } from './report.ts';
import { startTrouble } from './trouble.ts';
import { isAboutUnseenMachine } from './unseen-machine.ts';

export interface ChaosOptions {
  readonly seconds: number;
  say(line: string): void;
  onEvent(event: LaptopEvent): void;
}

const sweepEveryMilliseconds = 3000;
/** A launch's fence and a sweep's, one after the other, and twice as much for a slow machine. */
const longestRestSeconds = 240;
/** The template's is twice a function's timeout: a large part of the run. */
const visibilitySeconds = 5;

export async function runChaos({ seconds, say, onEvent }: ChaosOptions): Promise<ChaosReport> {
  let ledger: Ledger | undefined;
  const isOurs = (instanceId: string): boolean =>
    world.laptop.ec2.instances().some((instance) => instance.instanceId === instanceId);
  say('starting the platform');
  const world = await startWorld({
    config: chaosConfig,
    onEvent(event) {
      if (!isAboutUnseenMachine(event, isOurs)) ledger?.note(event);
      onEvent(event);
    },
  });
  const { endpointUrl: endpoint, region, operatorCredentials: credentials } = world.laptop;
  const sqs = new SQSClient({ endpoint, region, credentials });
  try {
    await setVisibility(world.laptop, visibilitySeconds);
    ledger = ledgerOf(world.laptop);
    const accounts = await installAll(world, ledger);
    world.laptop.github.setDials(githubPatience);
    const stirred = await stir(world, accounts, { seconds, say, ledger });
    const rested = await settle(world, { accounts, sqs, say });
    const jobs = judgeJobs(world.laptop.github.state().jobs, world.laptop.ec2.instances());
    const broken = [...ledger.invariantsBroken, ...(await audit(world, accounts)), ...jobs.faults];
    return {
      seconds,
      restSeconds: rested.seconds,
      tenants: await countOutcomes(world, { accounts, ledger }),
      jobs: jobs.outcomes,
      machines: world.laptop.ec2.instances().length,
      trouble: { ...stirred, redelivered: countRedelivered(world), deadLettersSentBack: rested.deadLetters },
      invariantsBroken: [...new Set(broken)],
    };
  } finally {
    sqs.destroy();
    await world.close();
  }
}

async function installAll(world: World, ledger: Ledger): Promise<Account[]> {
  const accounts: Account[] = [];
  for (const { login, user, limit } of tenants) {
    const account = await world.install(login, { user, maxRunners: limit });
    ledger.open({ login, installationId: account.installationId, limit });
    accounts.push(account);
  }
  return accounts;
}

/** Load and trouble together, with the sweep as often as a short run needs it. */
async function stir(
  world: World,
  accounts: readonly Account[],
  { seconds, say, ledger }: { seconds: number; say: (line: string) => void; ledger: Ledger },
) {
  const trouble = startTrouble(world);
  const stopLoad = startLoad(world, accounts);
  const end = Date.now() + seconds * 1000;
  while (Date.now() < end) {
    await sleep(Math.min(sweepEveryMilliseconds, end - Date.now()));
    fireSchedules(world);
    const done = [...ledger.jobs.values()].filter(({ conclusion }) => conclusion !== undefined).length;
    const left = Math.max(0, Math.round((end - Date.now()) / 1000));
    say(`${left} s of faults left: ${done} of ${ledger.jobs.size} jobs done, ${trouble.summary()}`);
  }
  await stopLoad();
  return trouble.stop();
}

interface Settling {
  readonly accounts: readonly Account[];
  readonly sqs: SQSClient;
  readonly say: (line: string) => void;
}

/**
 * Until nothing is left to do, or the time is over. A job that GitHub has and the platform has not heard of is left to do as
 * well: its webhook is under way, or the reconciler has to ask for it.
 */
async function settle(world: World, { accounts, sqs, say }: Settling) {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  let deadLetters = 0;
  for (;;) {
    deadLetters += await sendBackDeadLetters(world.laptop, sqs);
    fireSchedules(world);
    const left = [...(await audit(world, accounts)), ...messagesIn(world.laptop)];
    if (left.length === 0 || seconds() >= longestRestSeconds) return { seconds: seconds(), deadLetters };
    say(`coming to rest for ${seconds()} s: ${left.length} left, such as: ${left.slice(0, 3).join('; ')}`);
    await sleep(sweepEveryMilliseconds);
  }
}

/** As EventBridge does: it waits for neither, and lets runs overlap where one takes long. */
function fireSchedules(world: World): void {
  void world.sweep();
  void world.reconcile();
}

const countRedelivered = ({ events }: World) =>
  events.filter(({ text, fields }) => text === 'webhook' && fields['redelivery'] === true).length;

/** As an operator who has seen why they died. @returns how many */
async function sendBackDeadLetters({ queues }: Laptop, sqs: SQSClient): Promise<number> {
  let sent = 0;
  for (const { name, arn } of queues.list().filter((queue) => queue.name.endsWith('-dead-letters'))) {
    const { visible } = queues.counts(name);
    if (visible === 0) continue;
    await sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn }));
    sent += visible;
  }
  return sent;
}

function ledgerOf({ ec2 }: Laptop): Ledger {
  const caps = Object.entries(chaosConfig.tiers).map(([name, { maxRunners }]) => [name, maxRunners]);
  return createLedger({
    tierCaps: Object.fromEntries(caps),
    machine(instanceId) {
      const tags = ec2.instances().find((instance) => instance.instanceId === instanceId)?.tags;
      return tags && { tenant: tags.get('ghr:tenant_id') ?? '', tier: tags.get('ghr:tenant_tier') ?? '' };
    },
  });
}
