/**
 * IAM's patterns: `*` stands for any characters, `?` for exactly one, everything else for itself. Patterns come from
 * policies and are compiled once; characters that are special in regular expressions are not special here.
 */
export type Matcher = (text: string) => boolean;

export function wildcard(pattern: string, options: { ignoreCase?: boolean } = {}): Matcher {
  if (pattern === '*') return () => true;
  if (!/[*?]/.test(pattern)) {
    if (!options.ignoreCase) return (text) => text === pattern;
    const lower = pattern.toLowerCase();
    return (text) => text.toLowerCase() === lower;
  }
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replace(/\?/g, '.');
  const expression = new RegExp(`^${source}$`, options.ignoreCase ? 'is' : 's');
  return (text) => expression.test(text);
}

/**
 * ArnLike and ArnEquals: each of an ARN's six parts is matched by itself, so that `*` never crosses a colon, except in
 * the last part.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export function arnWildcard(pattern: string): Matcher {
  const parts = arnParts(pattern);
  if (!parts) return () => false;
  const matchers = parts.map((part) => wildcard(part));
  return (text) => arnParts(text)?.every((part, index) => matchers[index]!(part)) ?? false;
}

function arnParts(arn: string): string[] | undefined {
  if (arn === '*') return ['*', '*', '*', '*', '*', '*'];
  const parts = arn.split(':');
  return parts.length < 6 ? undefined : [...parts.slice(0, 5), parts.slice(5).join(':')];
}
