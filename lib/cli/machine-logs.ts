/** `mayfly logs RUNNER`: what a machine printed, without any agent or permission on the machine. */

import { stripVTControlCharacters } from 'node:util';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import { tables } from '../contract/tables.ts';
import { dynamoClient, ec2Client } from './aws-clients.ts';
import { usageErrorUnlessFault } from './aws-faults.ts';
import { type Command, type CommandCall, UsageError } from './command.ts';

export const machineLogs: Command = {
  name: 'logs',
  summary: "a machine's console: its boot, step by step",
  help: `
mayfly logs i-0123456789abcdef0    the last 64 KB of what the machine printed

AWS keeps a machine's console for about an hour after its end. Of a machine that ended without ever asking for a job the
last 4 KB are kept with its record, for seven days, and shown when AWS has no more. What a machine printed may have been
printed by a job that took it over: read it as untrusted text.
`,
  options: {},
  words: ['<instance-id>'],
  async run(call) {
    const instanceId = call.words[0] ?? '';
    if (!/^i-[0-9a-f]{8,32}$/.test(instanceId)) {
      throw new UsageError(
        `${JSON.stringify(instanceId)} is no instance id; a runner's name on GitHub is one: i-0123456789abcdef0.`,
      );
    }
    const shown = await readShown(call, instanceId);
    if ('text' in shown && shown.text !== '') {
      call.io.out(printable(shown.text));
      return 0;
    }
    const kept = await readKept(call, instanceId);
    if (kept) {
      call.io.out(
        `AWS has no console of ${instanceId} any more. ${keptLine(kept)}\n\n${printable(kept.console)}`,
      );
      return 0;
    }
    if ('error' in shown) {
      throw usageErrorUnlessFault(
        shown.error,
        `The console of ${instanceId} cannot be read: ${shown.error.message}`,
      );
    }
    call.io.out('The machine has printed nothing yet; AWS shows a console after a minute or so.\n');
    return 0;
  },
};

async function readShown(
  call: CommandCall,
  InstanceId: string,
): Promise<{ readonly text: string } | { readonly error: Error }> {
  return ec2Client(call)
    .send(new GetConsoleOutputCommand({ InstanceId, Latest: true }))
    .then(
      ({ Output = '' }) => ({ text: Buffer.from(Output, 'base64').toString('utf8') }),
      (error: Error) => ({ error }),
    );
}

interface Kept {
  readonly console: string;
  readonly endedAt: number;
  readonly reason: string;
}

/** What was kept of a machine that never claimed. */
async function readKept(call: CommandCall, instanceId: string): Promise<Kept | undefined> {
  const TableName = `${call.config.environment}-${tables.runners.suffix}`;
  const Key = { [tables.runners.partitionKey.name]: { S: instanceId } };
  const { Item = {} } = await dynamoClient(call)
    .send(new GetItemCommand({ TableName, Key }))
    .catch((cause: Error) => {
      throw usageErrorUnlessFault(
        cause,
        `The record of ${instanceId} cannot be read from ${TableName}: ${cause.message}`,
      );
    });
  const console = Item['console']?.S;
  if (console === undefined) return undefined;
  return { console, endedAt: Number(Item['ended_at']?.N), reason: Item['end_reason']?.S ?? 'unknown' };
}

const keptLine = ({ endedAt, reason }: Kept) =>
  `It never asked for a job, and ended at ${new Date(endedAt).toISOString()} (${reason}); this is the last that it printed:`;

/** Escape sequences of a hostile job must not reach the operator's terminal. */
function printable(text: string): string {
  const lines = stripVTControlCharacters(text).replaceAll('\r', '').split('\n');
  return `${lines
    .map((line) => line.replace(/[\p{Cc}]/gu, ' '))
    .join('\n')
    .trimEnd()}\n`;
}
