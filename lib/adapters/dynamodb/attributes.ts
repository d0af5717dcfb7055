/**
 * Rows in DynamoDB's own format, written and read without a library (docs/adr/0042). Reading is strict about what the
 * rules depend on, and errors name the row and the attribute, because operators edit rows with the AWS CLI.
 */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { OperationalError } from '../../ports/errors.ts';
import { inflated } from './deflated.ts';

export type Attributes = Record<string, AttributeValue>;

export const text = (value: string): AttributeValue => ({ S: value });
export const number = (value: number): AttributeValue => ({ N: String(value) });
export const flag = (value: boolean): AttributeValue => ({ BOOL: value });
/** DynamoDB has no empty set: leave the attribute out instead. */
export const textSet = (values: Iterable<string>): AttributeValue => ({ SS: [...values] });
export const textList = (values: readonly string[]): AttributeValue => ({ L: values.map(text) });
/** A list, because DynamoDB has no empty set, and an empty one may be meant. */
export const numberList = (values: readonly number[]): AttributeValue => ({ L: values.map(number) });
export const optional = <Value>(value: Value | undefined, write: (value: Value) => AttributeValue) =>
  value === undefined ? undefined : write(value);

/** The object without the fields that are undefined. */
export function compact<Shape>(fields: { [Name in keyof Shape]: Shape[Name] | undefined }): Shape {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Shape;
}

/** Typed access to one row. */
export class Row {
  readonly #what: string;
  readonly attributes: Attributes;

  /** `what` names the row in errors: `tenants row 42`. */
  constructor(what: string, attributes: Attributes) {
    this.#what = what;
    this.attributes = attributes;
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#unfit(name, 'a text (S)');
  }
  number(name: string): number {
    return this.optionalNumber(name) ?? this.#unfit(name, 'a number (N)');
  }
  flag(name: string): boolean {
    return this.attributes[name]?.BOOL ?? this.#unfit(name, 'a boolean (BOOL)');
  }
  word<const Word extends string>(name: string, words: readonly Word[]): Word {
    return this.optionalWord(name, words) ?? this.#unfit(name, `one of ${words.join(', ')}`);
  }
  optionalText(name: string): string | undefined {
    return this.#optional(name, 'a text (S)', (value) => value.S);
  }
  optionalNumber(name: string): number | undefined {
    return this.#optional(name, 'a number (N)', (value) => (value.N === undefined ? undefined : +value.N));
  }
  optionalWord<const Word extends string>(name: string, words: readonly Word[]): Word | undefined {
    return this.#optional(name, `one of ${words.join(', ')}`, (value) =>
      words.find((word) => word === value.S),
    );
  }
  /** A set or a list of texts: people type either one. */
  optionalTexts(name: string): string[] | undefined {
    return this.#optional(
      name,
      'a set of texts (SS)',
      (value) => value.SS ?? value.L?.map((entry) => entry.S ?? ''),
    );
  }
  /** A set or a list of numbers. */
  optionalNumbers(name: string): number[] | undefined {
    return this.#optional(name, 'a set of numbers (NS)', (value) => {
      const numbers = (value.NS ?? value.L?.map((entry) => entry.N))?.map(Number);
      return numbers?.every(Number.isSafeInteger) ? numbers : undefined;
    });
  }
  optionalFlag(name: string): boolean | undefined {
    return this.#optional(name, 'a boolean (BOOL)', (value) => value.BOOL);
  }
  /** The maps in a list, each read as a row. */
  rows(name: string): Row[] {
    const entries = this.attributes[name]?.L ?? this.#unfit(name, 'a list of maps (L)');
    return entries.map((entry, n) => new Row(`${this.#what}, ${name} ${n}`, entry.M ?? {}));
  }
  map(name: string): Row {
    return this.optionalMap(name) ?? this.#unfit(name, 'a map (M)');
  }
  /** Parses the attribute's deflated JSON with `read`. Any error that `read` throws counts as an unreadable attribute. */
  deflatedJson<Stored, Value>(name: string, read: (stored: Stored) => Value): Value {
    try {
      return read(JSON.parse(inflated(this.attributes[name])) as Stored);
    } catch {
      return this.#unfit(name, 'deflated JSON (B), as the platform wrote it');
    }
  }
  optionalMap(name: string): Row | undefined {
    return this.#optional(name, 'a map (M)', (value) =>
      value.M === undefined ? undefined : new Row(`${this.#what}, ${name}`, value.M),
    );
  }

  #optional<Value>(name: string, allowed: string, read: (value: AttributeValue) => Value | undefined) {
    const value = this.attributes[name];
    if (value === undefined || value.NULL) return undefined;
    return read(value) ?? this.#unfit(name, allowed);
  }
  #unfit(name: string, allowed: string): never {
    const given = textOf(this.attributes[name]);
    throw new OperationalError(
      `In the ${this.#what}, ${name} is ${given}; it must be ${allowed}. Correct it with \`aws dynamodb update-item\`.`,
      { code: 'UnreadableRow', retryable: false },
    );
  }
}

/** For error messages. Of a deflated value, only its length: nobody could read the bytes. */
const textOf = (value: AttributeValue | undefined): string =>
  value?.B ? `${value.B.length} bytes (B)` : (JSON.stringify(value) ?? 'missing');
