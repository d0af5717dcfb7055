/** How long it takes until every copy of every function has read a new secret, and the option that changes it. */
import { type CommandCall, type CommandOption, UsageError } from '../command.ts';

/** Functions cache a secret for five minutes; one more allows for differences between clocks. */
export const spreadSeconds = 360;

export const waitOption: CommandOption = {
  flags: '--wait <seconds>',
  description: 'how long to wait until every function has read it',
  default: String(spreadSeconds),
};

/** @throws UsageError if `--wait` is not a number of seconds */
export function readSeconds({ options }: CommandCall): number {
  const seconds = Number(options['wait']);
  if (Number.isInteger(seconds) && seconds >= 0) return seconds;
  throw new UsageError(`--wait is ${JSON.stringify(options['wait'])}; it must be a whole number of seconds.`);
}
