/**
 * SQS's older protocol, which older command lines speak: a form in, XML out. Translated to and from the JSON shapes, so
 * that the actions know only one form. Batches and message attributes are refused.
 */
import { AwsError } from '../service.ts';
import { element, escapeXml } from '../xml.ts';
import type { Input } from './input.ts';

const numbers = new Set(['MaxNumberOfMessages', 'VisibilityTimeout', 'WaitTimeSeconds', 'DelaySeconds']);
/** `AttributeName.1` → the list AttributeNames. */
const lists: Readonly<Record<string, string>> = {
  AttributeName: 'AttributeNames',
  MessageSystemAttributeName: 'MessageSystemAttributeNames',
};
/** Of the protocol, not of the action. */
const envelope = new Set(['Action', 'Version']);

/** @throws AwsError that names an unknown field */
export function fromForm(form: Input): Input {
  const input: Record<string, unknown> = {};
  const attributes: Record<string, Record<string, string>> = {};
  for (const [field, value] of Object.entries(form)) {
    const [name = '', index, part] = field.split('.');
    if (envelope.has(field)) continue;
    if (index === undefined) input[field] = numbers.has(field) ? Number(value) : value;
    else if (lists[name] !== undefined && part === undefined) {
      input[lists[name]] = [...((input[lists[name]] as unknown[] | undefined) ?? []), value];
    } else if (name === 'Attribute' && (part === 'Name' || part === 'Value')) {
      attributes[index] = { ...attributes[index], [part]: String(value) };
    } else {
      throw new AwsError(
        'InvalidParameterValue',
        `The laptop's SQS does not read ${field} in the query protocol; ` +
          'a current SDK or command line sends JSON.',
      );
    }
  }
  const pairs = Object.values(attributes).map(({ Name, Value }) => [Name, Value]);
  return pairs.length === 0 ? input : { ...input, Attributes: Object.fromEntries(pairs) };
}

export function toXml(action: string, output: object, requestId: string): string {
  const content = Object.entries(output).map(([name, value]) => field(name, value));
  const result = content.length === 0 ? '' : element(`${action}Result`, content.join(''));
  const metadata = element('ResponseMetadata', element('RequestId', requestId));
  const namespace = 'http://queue.amazonaws.com/doc/2012-11-05/';
  return `<?xml version="1.0"?><${action}Response xmlns="${namespace}">${result}${metadata}</${action}Response>`;
}

/** Lists and maps are flattened: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html */
function field(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((item) => field(singular(name), item)).join('');
  if (typeof value !== 'object' || value === null) return element(name, escapeXml(String(value)));
  const entries = Object.entries(value);
  if (name === 'Attributes') {
    const pair = ([key, text]: [string, unknown]) => field('Name', key) + field('Value', text);
    return entries.map((entry) => element('Attribute', pair(entry))).join('');
  }
  return element(name, entries.map(([key, inner]) => field(key, inner)).join(''));
}

/** QueueUrls → QueueUrl, Messages → Message. */
const singular = (name: string) => name.replace(/s$/, '');
