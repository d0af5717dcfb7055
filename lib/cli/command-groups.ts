/**
 * Commands of several words, such as `mayfly tenant show` and `mayfly controllers token list`: all words but the last
 * name a group with its own help. Each command has its own policy, whose name has hyphens instead of spaces.
 */

/** How the list of commands describes each group. */
export const groupSummaries: Readonly<Record<string, string>> = {
  tenant: 'show and change one tenant',
  'costs export': "AWS's bill by machine",
  prices: "update the price list from AWS's prices",
  controllers: "manage a tenant's admission controllers",
  'controllers scope': 'which jobs a controller is asked about',
  'controllers token': 'tokens for controllers that poll, and for administrators',
  'controllers secret': 'secrets that sign callbacks',
  host: 'run jobs on this one machine, without AWS',
};

/** `tenant show` is `show` in the group `tenant`; a command of one word has no group. */
export function wordsOf(name: string): { readonly group?: string; readonly word: string } {
  const at = name.lastIndexOf(' ');
  return at === -1 ? { word: name } : { group: name.slice(0, at), word: name.slice(at + 1) };
}

/** As `mayfly policy` expects it: `tenant-show`; and `status-tenant` for `status --tenant`. */
export const policyNameOf = (command: string) => command.replaceAll(/ (?:--)?/g, '-');
