/** `mayfly logs RUNNER`: a machine's console output, without an agent or permissions on the machine. */
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import { tables } from '../contract/tables.ts';
import { instanceNamed } from '../core/ids.ts';
import { dynamoClient } from './aws-clients.ts';
import { usageErrorUnlessFault } from './aws-faults.ts';
import { type Command, type CommandCall, UsageError } from './command.ts';
import { ec2Client } from './ec2-client.ts';
import { outlines } from './outlines.ts';
import { printableLine, printableText } from './printable.ts';

export const machineLogs: Command = {
  ...outlines.logs,
  details: `
Example:
  mayfly logs i-0123456789abcdef0    the last 64 KB of its console

AWS keeps a machine's console for about an hour after it ends. If a machine ended without ever asking for a job,
Mayfly keeps its last 4 KB for seven days and shows them once AWS has deleted the console. A job can print
anything here: treat it as untrusted text.
`,
  async run(call) {
    const given = call.positionals[0] ?? '';
    const instanceId = instanceNamed(given);
    if (!instanceId) {
      throw new UsageError(
        `${JSON.stringify(given)} is not an instance id. A runner's name on GitHub is one, such as i-0123456789abcdef0.`,
      );
    }
    const shown = await readShown(call, instanceId);
    if ('text' in shown && shown.text !== '') {
      call.io.out(printableText(shown.text));
      return 0;
    }
    const kept = await readKept(call, instanceId);
    if (kept) {
      call.io.out(
        `AWS has deleted the console of ${instanceId}. ${keptLine(kept)}\n\n${printableText(kept.console)}`,
      );
      return 0;
    }
    if ('error' in shown) {
      throw usageErrorUnlessFault(
        shown.error,
        `The console of ${instanceId} cannot be read: ${shown.error.message}\nAWS keeps a console for about an hour after its machine ended. Look for a newer machine: npx mayfly status --tenant TENANT`,
      );
    }
    call.io.out('The machine has printed nothing yet. AWS shows a console after about a minute.\n');
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

/** The saved output of a machine that never claimed. */
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
  `It never asked for a job, and ended at ${new Date(endedAt).toISOString()} (${printableLine(reason)}). Its last output:`;
