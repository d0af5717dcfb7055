/**
 * `mayfly drain`: empties an environment, for example before it is destroyed. It first disables scale-up's event sources,
 * then terminates the environment's machines repeatedly until none is left.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { type EC2Client, paginateDescribeInstances, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import { leasesCounted } from '../app/common/settings.ts';
import { chunksOf } from '../core/chunks.ts';
import { tagKeys } from '../core/tags.ts';
import type { UnreadableRow } from '../ports/unreadable-row.ts';
import { type Command, type CommandCall, UsageError } from './command.ts';
import { counted } from './counted.ts';
import { ec2Client } from './ec2-client.ts';
import { commandStores } from './insight/stores.ts';
import { outlines } from './outlines.ts';
import { printableLine } from './printable.ts';
import { switchScaleUp } from './scale-up-queues.ts';

export const drain: Command = {
  ...outlines.drain,
  details: `
Examples:
  mayfly drain             shows what would be terminated, and changes nothing
  mayfly drain --yes       stops scale-up, terminates the machines and waits until they are gone
  mayfly drain --resume    starts scale-up again

Jobs that run on these machines fail. Waiting jobs keep waiting and start after --resume.
`,
  options: [
    { flags: '--yes', description: 'terminate the machines' },
    { flags: '--resume', description: 'start scale-up again' },
  ],
  async run(call) {
    if (call.options['resume'] && call.options['yes'])
      throw new UsageError('Give --yes to stop, or --resume to start again, not both.');
    if (call.options['resume']) return resume(call);
    return call.options['yes'] ? drainAll(call) : show(call);
  },
};

const count = (number: number, noun: string) =>
  counted(number, noun, `${noun}${noun.endsWith('h') ? 'es' : 's'}`);

/** Half an hour: EC2 terminates a machine within minutes. */
const longestMilliseconds = 30 * 60_000;
const betweenLooksMilliseconds = 3_000;

async function show(call: CommandCall): Promise<number> {
  const machines = await liveMachines(ec2Client(call), call.config.environment);
  call.io.out(
    `Would terminate ${count(machines.length, 'machine')} of ${call.config.environment}${machines.length > 0 ? `: ${machines.join(', ')}` : ''}.\n`,
  );
  call.io.out('Nothing was changed. To do it: npx mayfly drain --yes\n');
  return 0;
}

async function resume(call: CommandCall): Promise<number> {
  const switched = await switchScaleUp(call, true);
  call.io.out(`Scale-up runs again: reading ${count(switched, 'queue')}.\n`);
  return 0;
}

async function drainAll(call: CommandCall): Promise<number> {
  const client = ec2Client(call);
  const switched = await switchScaleUp(call, false);
  call.io.out(`Stopped reading ${count(switched, 'queue')}: scale-up launches nothing new.\n`);
  const end = Date.now() + longestMilliseconds;
  const named = new Set<string>();
  for (;;) {
    const machines = await liveMachines(client, call.config.environment);
    // An open launch may still start machines: the sweep finishes it within two minutes.
    const { open: launches, unreadable } = await openLaunches(call);
    for (const { key, error } of unreadable.filter(({ key }) => !named.has(key))) {
      named.add(key);
      call.io.error(`Left out: ${printableLine(error.message)}\n`);
    }
    if (machines.length === 0 && launches === 0) {
      call.io.out('No machines are left. No job gets one until: npx mayfly drain --resume\n');
      return 0;
    }
    if (Date.now() > end) {
      const what = machines.length > 0 ? machines.join(', ') : `${count(launches, 'open launch')}`;
      throw new UsageError(
        `After 30 minutes these are still there: ${what}. See docs/RUNBOOK.md, machines left.`,
      );
    }
    call.io.out(
      `Terminating ${count(machines.length, 'machine')}; ${count(launches, 'launch')} still open …\n`,
    );
    for (const InstanceIds of chunksOf(machines, 100)) {
      await client.send(new TerminateInstancesCommand({ InstanceIds }));
    }
    await sleep(betweenLooksMilliseconds);
  }
}

async function liveMachines(client: EC2Client, environment: string): Promise<string[]> {
  const Filters = [
    { Name: `tag:${tagKeys.environment}`, Values: [environment] },
    { Name: 'tag-key', Values: [tagKeys.launch] },
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ];
  const ids: string[] = [];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client }, { Filters })) {
    for (const { Instances = [] } of Reservations)
      ids.push(...Instances.flatMap(({ InstanceId }) => InstanceId ?? []));
  }
  return ids;
}

/** Launches are listed for as long as their machines may live, whether they are open or not. */
async function openLaunches(
  call: CommandCall,
): Promise<{ readonly open: number; readonly unreadable: readonly UnreadableRow[] }> {
  const { launches } = commandStores(call);
  const atLast = Number.MAX_SAFE_INTEGER;
  // In this order: a launch of an earlier version moves from the first list to the second when it is processed.
  const unreadable: UnreadableRow[] = [];
  const earlier = await launches.listOverdueAcrossTenants(atLast, leasesCounted, unreadable);
  const listed = await launches.listWatchedAcrossTenants(atLast, leasesCounted, unreadable);
  const open = [...earlier, ...listed].filter(({ state }) => state !== 'closed').length;
  return { open, unreadable };
}
