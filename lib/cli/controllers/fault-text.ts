/**
 * Why the use cases of the admission API did not do what a command asked for, in the words of the command line: the API
 * names its own fields, a command names its options, and what lists the right values.
 */
import type { ApiFault } from '../../app/admission-api/fault.ts';
import type { CommandCall } from '../command.ts';

export function faultText({ positionals, options }: CommandCall, { code, field, text }: ApiFault): string {
  const [owner = '', second = ''] = positionals;
  const option = optionOf(field);
  const controller = options['controller'];
  const ofController = typeof controller === 'string' ? ` --controller ${controller}` : '';
  const lists: Readonly<Record<string, string>> = {
    'no-such-controller': `list ${owner}`,
    'no-such-scope': `scope list ${owner} ${second}`,
    'installation-excludes-narrower': `scope list ${owner} ${second}`,
    'no-such-token': `token list ${owner}${ofController}`,
  };
  const hint = lists[code];
  const shows = hint === undefined ? '' : ` See: npx mayfly controllers ${hint}`;
  return `${option === undefined ? '' : `${option}: `}${text}${shows}`;
}

const options: Readonly<Record<string, string>> = {
  description: '--description',
  exemptRepositories: '--exempt',
  match: '--match',
  overlapSeconds: '--overlap',
  repository: '--repository',
  tier: '--tier',
  timeoutMilliseconds: '--timeout',
  'transport.rules': '--rules',
  'transport.url': '--url',
};

/** The text about a target names it already. */
function optionOf(field: string | undefined): string | undefined {
  if (field === undefined || field === 'target') return undefined;
  const [, index, part] = /^transport\.rules\.(\d+)\.(\w+)$/.exec(field) ?? [];
  if (index !== undefined) return `--rules: rule ${Number(index) + 1}, ${part}`;
  return options[field] ?? field;
}
