/**
 * The wording of configuration errors: what was given, what is allowed. Types are stripped, not checked, when the file is
 * read, so each check also rejects values of another type.
 */

/** A value as the operator would find it in the file, shortened if it is long. */
export function shown(value: unknown): string {
  const text = jsonOf(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** JSON, or a few words for what JSON cannot express: NaN, a function, a bigint inside, an object that contains itself. */
function jsonOf(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number') return String(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return 'a value that JSON cannot hold';
  }
}

/** A value as text, or undefined: `String()` throws for objects without a text form. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Escapes text for use in a regular expression. */
export const literally = (value: unknown): string => textOf(value).replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** `limits.bootSeconds is 0; it must be a whole number from 60 to 3600.`, if it is not. */
export function expect(
  name: string,
  value: unknown,
  expectation: { fits: boolean; allowed: string },
): string[] {
  return expectation.fits ? [] : [`${name} is ${shown(value)}; it must be ${expectation.allowed}.`];
}

export function expectWhole(name: string, value: unknown, bounds: { from: number; to: number }): string[] {
  const fits = Number.isInteger(value) && Number(value) >= bounds.from && Number(value) <= bounds.to;
  return expect(name, value, { fits, allowed: `a whole number from ${bounds.from} to ${bounds.to}` });
}

export function expectText(
  name: string,
  value: unknown,
  rule: { pattern: RegExp; allowed: string },
): string[] {
  return expect(name, value, { fits: typeof value === 'string' && rule.pattern.test(value), ...rule });
}

export function expectWord(name: string, value: unknown, words: readonly string[]): string[] {
  const allowed = words.map((word) => JSON.stringify(word)).join(' or ');
  return expect(name, value, { fits: words.includes(value as string), allowed });
}

/** Without this check a misspelled setting would silently become a default. */
export function expectKnownKeys(name: string, value: object, known: readonly string[]): string[] {
  return Object.keys(value)
    .filter((key) => !known.includes(key))
    .map((key) => `${name} has no setting ${shown(key)}; its settings are ${known.join(', ')}.`);
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isTextList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string');
