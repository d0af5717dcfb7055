/**
 * Commands of two words, such as `mayfly tenant show`: the first word is a group with a help of its own. Each command stays
 * a file of its own, and has a policy of its own, whose name has a hyphen for the space.
 */

/** What the list of commands says of each group. */
export const groupSummaries: Readonly<Record<string, string>> = {
  tenant: 'show and change one tenant',
  prices: "bring AWS's prices up to date",
  host: 'run jobs on this one machine, without AWS',
};

/** `tenant show` is ['tenant', 'show']; a command of one word is in no group. */
export function wordsOf(name: string): { readonly group?: string; readonly word: string } {
  const [first = name, second] = name.split(' ');
  return second === undefined ? { word: first } : { group: first, word: second };
}

/** As `mayfly policy` takes it: `tenant-show`; and `status-tenant` for `status --tenant`. */
export const policyNameOf = (command: string) => command.replaceAll(/ (?:--)?/g, '-');
