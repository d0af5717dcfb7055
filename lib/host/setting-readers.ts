/** Parses the text of one setting, and reports its errors: what was given, and what is allowed. */

/** Receives a sentence for each error. */
export type Fault = (sentence: string) => void;

export function whole(
  name: string,
  text: string,
  { least, most, fault }: { least: number; most: number; fault: Fault },
) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) {
    fault(`${name} is ${JSON.stringify(text)}; it must be a whole number from ${least} to ${most}.`);
  }
  return value;
}

export function matching(
  name: string,
  text: string,
  { pattern, allowed, fault }: { pattern: RegExp; allowed: string; fault: Fault },
): string {
  if (!pattern.test(text)) fault(`${name} is ${JSON.stringify(text)}; allowed values are ${allowed}.`);
  return text;
}

export const listOf = (text: string) =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);

export const optional = <Name extends string>(name: Name, value: string) =>
  (value === '' ? {} : { [name]: value }) as { readonly [key in Name]?: string };
