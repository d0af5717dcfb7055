/**
 * What a machine printed, the last 64 KB of it. If EC2 does not support the latest output (machines without Nitro), it
 * is asked for what it stored when the machine last changed its state.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_GetConsoleOutput.html
 */
import { type EC2Client, GetConsoleOutputCommand } from '@aws-sdk/client-ec2';
import type { InstanceId } from '../../core/ids.ts';
import { describeError, operationalError } from './errors.ts';

/** No retry: the caller has something more important to do. */
const withinMilliseconds = 2_000;

/** EC2's answer to `Latest` if it does not support it: because of the machine type, or its state. */
const latestIsRefused = [
  'UnsupportedOperation',
  'IncorrectInstanceState',
  'InvalidParameterValue',
  'InvalidParameterCombination',
];

/** @throws OperationalError: EC2 does not know the machine, or does not answer in time */
export async function readConsole(client: EC2Client, instanceId: InstanceId): Promise<string> {
  const ask = async (Latest: boolean) => {
    const command = new GetConsoleOutputCommand({ InstanceId: instanceId, Latest });
    const { Output = '' } = await client.send(command, {
      abortSignal: AbortSignal.timeout(withinMilliseconds),
    });
    return Buffer.from(Output, 'base64').toString('utf8');
  };
  try {
    return await ask(true).catch((error: unknown) => {
      if (!latestIsRefused.includes(describeError(error).code)) throw error;
      return ask(false);
    });
  } catch (error) {
    throw operationalError(error, 'GetConsoleOutput');
  }
}
