/**
 * One line for people of what happens on the laptop platform, or nothing for what only machines read (metrics). What a
 * machine printed is untrusted: control characters are taken out.
 */
import { stripVTControlCharacters, styleText } from 'node:util';
import type { LaptopEvent } from '../laptop-event.ts';

type Style = Parameters<typeof styleText>[0];

const styles: Record<LaptopEvent['kind'], Style> = {
  progress: 'dim',
  webhook: 'cyan',
  github: 'blue',
  machine: 'yellow',
  console: 'dim',
  log: 'green',
  denied: 'red',
  fault: 'red',
};

/** Several lines where a machine printed several. */
export function eventLines(event: LaptopEvent): string[] {
  if (event.kind === 'progress') return [];
  if (event.kind === 'log') return logLines(event);
  if (event.kind === 'console') {
    const machine = String(event.fields['instanceId'] ?? '');
    return event.text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => render(event, 'console', `${machine}  ${clean(line)}`));
  }
  const details = Object.entries(event.fields).filter(([name]) => shown.has(name));
  const words = details.map(([name, value]) => `${name}=${plain(value)}`).join(' ');
  return [render(event, event.kind, `${clean(event.text)}${words ? `  ${styleText('dim', words)}` : ''}`)];
}

/** The fields of webhook and GitHub events that help a reader; the rest is ids of no further use. */
const shown = new Set([
  'login',
  'repository',
  'labels',
  'jobId',
  'runner',
  'conclusion',
  'sender',
  'status',
  'why',
  'installationId',
]);

function logLines(event: LaptopEvent): string[] {
  const source = String(event.fields['functionName'] ?? 'log');
  const fields = parse(event.text);
  if (!fields) return [render(event, source, clean(event.text))];
  const { event: name, level, at: _at, environment: _environment, _aws, ...rest } = fields;
  // Metrics alone are for machines.
  if (name === undefined) return [];
  const words = Object.entries(rest).map(([key, value]) => `${key}=${plain(value)}`);
  const text = `${name} ${styleText('dim', words.join(' '))}`;
  return [
    render(event, source, level === 'info' ? text : styleText(level === 'warn' ? 'yellow' : 'red', text)),
  ];
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    // Not every line of a function is JSON: a stack trace is not.
    return undefined;
  }
}

function render(event: LaptopEvent, source: string, text: string): string {
  const time = new Date(event.at).toISOString().slice(11, 23);
  return `${styleText('dim', time)} ${styleText(styles[event.kind], source.padEnd(24))} ${text}`;
}

const clean = (text: string) =>
  stripVTControlCharacters(text)
    .replace(/[\p{Cc}]/gu, ' ')
    .slice(0, 400);
const plain = (value: unknown) => clean(typeof value === 'string' ? value : JSON.stringify(value));
