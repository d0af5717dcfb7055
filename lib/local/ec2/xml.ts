/**
 * Writes EC2's XML answers: members in order, lists as `<item>`s, without undefined members. It knows nothing of the
 * calls.
 */
import { randomUUID } from 'node:crypto';
import type { AwsAnswer } from '../aws/service.ts';

export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | readonly XmlValue[]
  | { readonly [member: string]: XmlValue };

export type Members = Readonly<Record<string, XmlValue>>;

export function xmlAnswer(action: string, members: Members): AwsAnswer {
  const name = `${action}Response`;
  const inner = write('requestId', randomUUID()) + writeMembers(members);
  return {
    status: 200,
    headers: { 'content-type': 'text/xml;charset=UTF-8' },
    body:
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
      `<${name} xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">${inner}</${name}>`,
  };
}

const writeMembers = (members: Members): string =>
  Object.entries(members)
    .map(([name, value]) => write(name, value))
    .join('');

function write(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  return `<${name}>${content(value)}</${name}>`;
}

function content(value: Exclude<XmlValue, undefined>): string {
  if (Array.isArray(value)) return value.map((item) => write('item', item)).join('');
  if (typeof value === 'object') return writeMembers(value as Members);
  return escapeXml(String(value));
}

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeXml = (value: string) => value.replace(/[&<>"]/g, (character) => escapes[character] as string);
