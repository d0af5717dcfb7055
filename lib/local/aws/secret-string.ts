/**
 * A generated secret value, by the rules of CloudFormation's GenerateSecretString. An unknown rule is refused by name, so
 * that no secret is weaker than its template says.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-secretsmanager-secret-generatesecretstring.html
 */
import { randomInt } from 'node:crypto';

export interface GenerateSecretString {
  /** 32 where absent. */
  readonly PasswordLength?: number;
  readonly ExcludeCharacters?: string;
  readonly ExcludePunctuation?: boolean;
  readonly ExcludeNumbers?: boolean;
  readonly ExcludeUppercase?: boolean;
  readonly ExcludeLowercase?: boolean;
  readonly IncludeSpace?: boolean;
  /** At least one character of each kind; true if absent. */
  readonly RequireEachIncludedType?: boolean;
  /** A JSON object, to which the password is added as GenerateStringKey. */
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
}

const kinds = {
  ExcludeLowercase: 'abcdefghijklmnopqrstuvwxyz',
  ExcludeUppercase: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  ExcludeNumbers: '0123456789',
  ExcludePunctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
} as const;

const known = new Set<string>([
  ...Object.keys(kinds),
  'PasswordLength',
  'ExcludeCharacters',
  'IncludeSpace',
  'RequireEachIncludedType',
  'SecretStringTemplate',
  'GenerateStringKey',
]);

/** @throws Error if the rules are unknown or leave no characters to choose from */
export function generateSecretString(rules: GenerateSecretString): string {
  const unknown = Object.keys(rules).find((rule) => !known.has(rule));
  if (unknown) {
    throw new Error(`GenerateSecretString has ${unknown}; known are ${[...known].join(', ')}.`);
  }
  const { SecretStringTemplate, GenerateStringKey } = rules;
  if ((SecretStringTemplate === undefined) !== (GenerateStringKey === undefined)) {
    throw new Error(
      'GenerateSecretString must have both SecretStringTemplate and GenerateStringKey, or neither.',
    );
  }
  const password = generatePassword(rules);
  if (SecretStringTemplate === undefined || GenerateStringKey === undefined) return password;
  return JSON.stringify({ ...JSON.parse(SecretStringTemplate), [GenerateStringKey]: password });
}

function generatePassword(rules: GenerateSecretString): string {
  const length = rules.PasswordLength ?? 32;
  const excluded = new Set(rules.ExcludeCharacters ?? '');
  const included = (Object.keys(kinds) as (keyof typeof kinds)[])
    .filter((kind) => !rules[kind])
    .map((kind) => [...kinds[kind]].filter((sign) => !excluded.has(sign)))
    .concat(rules.IncludeSpace ? [[' ']] : [])
    .filter((signs) => signs.length > 0);
  const all = included.flat();
  if (all.length === 0 || length < included.length || length > 4096) {
    throw new Error(
      `GenerateSecretString asks for ${length} characters of ${included.length} kinds; ` +
        'it must be from one of each kind to 4096.',
    );
  }
  const required = (rules.RequireEachIncludedType ?? true) ? included.map(oneOf) : [];
  const rest = Array.from({ length: length - required.length }, () => oneOf(all));
  return shuffled([...required, ...rest]).join('');
}

const oneOf = (signs: readonly string[]) => signs[randomInt(signs.length)]!;

function shuffled(signs: string[]): string[] {
  for (let last = signs.length - 1; last > 0; last -= 1) {
    const other = randomInt(last + 1);
    [signs[last], signs[other]] = [signs[other]!, signs[last]!];
  }
  return signs;
}
