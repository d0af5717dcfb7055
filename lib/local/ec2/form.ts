/**
 * Reads the query protocol's flat fields (`TagSpecification.1.Tag.2.Key`) as the objects that they mean. It checks types
 * only where a caller asks for one; what a field means is up to the call.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html
 */
import { AwsError } from '../aws/service.ts';

export interface Form {
  readonly [name: string]: string | Form;
}

/** Nests the fields. Lists become objects with the keys 1, 2, …; `forms` and `texts` read them in order. */
export function readForm(fields: Readonly<Record<string, unknown>>): Form {
  const form: Record<string, unknown> = Object.create(null);
  for (const [path, value] of Object.entries(fields)) {
    const names = path.split('.');
    let node = form;
    for (const name of names.slice(0, -1)) {
      if (typeof node[name] !== 'object') node[name] = Object.create(null);
      node = node[name] as typeof form;
    }
    node[names.at(-1) as string] = String(value);
  }
  return form as Form;
}

export function text(form: Form, name: string): string | undefined {
  const value = form[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** @throws AwsError MissingParameter */
export function requiredText(form: Form, name: string): string {
  const value = text(form, name);
  if (value === undefined) {
    throw new AwsError('MissingParameter', `The request must contain the parameter ${name}`);
  }
  return value;
}

/** @throws AwsError InvalidParameterValue, if the field is there but not a number */
export function number(form: Form, name: string): number | undefined {
  const value = text(form, name);
  if (value === undefined) return undefined;
  if (!Number.isFinite(Number(value))) {
    throw new AwsError('InvalidParameterValue', `Value (${value}) for parameter ${name} must be a number`);
  }
  return Number(value);
}

export function form(of: Form, name: string): Form {
  const value = of[name];
  return typeof value === 'object' ? value : {};
}

/** The members of a list of objects. */
export const forms = (of: Form, name: string): Form[] =>
  members(of, name).filter((member): member is Form => typeof member === 'object');

/** The members of a list of texts. */
export const texts = (of: Form, name: string): string[] =>
  members(of, name).filter((member): member is string => typeof member === 'string');

function members(of: Form, name: string): (string | Form)[] {
  return Object.entries(form(of, name))
    .sort(([left], [right]) => Number(left) - Number(right))
    .map(([, member]) => member);
}

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export const tags = (of: Form, name = 'Tag'): Tag[] =>
  forms(of, name).map((tag) => ({ key: requiredText(tag, 'Key'), value: text(tag, 'Value') ?? '' }));
