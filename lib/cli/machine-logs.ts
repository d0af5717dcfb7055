/** `mayfly logs RUNNER`: what a machine printed, without any agent or permission on the machine. */

import { stripVTControlCharacters } from 'node:util';
import { GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import { ec2Client } from './aws-clients.ts';
import { type Command, UsageError } from './command.ts';

export const machineLogs: Command = {
  name: 'logs',
  summary: "a machine's console: its boot, step by step",
  help: `
mayfly logs i-0123456789abcdef0    the last 64 KB of what the machine printed

AWS keeps a machine's console for about an hour after its end. What it shows was printed by the machine, which a job
may have taken over: read it as untrusted text.
`,
  options: {},
  words: ['<instance-id>'],
  async run(call) {
    const InstanceId = call.words[0] ?? '';
    if (!/^i-[0-9a-f]{8,32}$/.test(InstanceId)) {
      throw new UsageError(
        `${JSON.stringify(InstanceId)} is no instance id; a runner's name on GitHub is one: i-0123456789abcdef0.`,
      );
    }
    const { Output } = await ec2Client(call)
      .send(new GetConsoleOutputCommand({ InstanceId, Latest: true }))
      .catch((cause: Error) => {
        throw new UsageError(`The console of ${InstanceId} cannot be read: ${cause.message}`);
      });
    const text = Buffer.from(Output ?? '', 'base64').toString('utf8');
    call.io.out(
      text === ''
        ? 'The machine has printed nothing yet; AWS shows a console after a minute or so.\n'
        : printable(text),
    );
    return 0;
  },
};

/** Escape sequences of a hostile job must not reach the operator's terminal. */
function printable(text: string): string {
  const lines = stripVTControlCharacters(text).replaceAll('\r', '').split('\n');
  return `${lines
    .map((line) => line.replace(/[\p{Cc}]/gu, ' '))
    .join('\n')
    .trimEnd()}\n`;
}
