/**
 * One line for people about each event on the laptop platform: time, tenant, job, what happened, in at most 110 columns.
 * Metrics, deliveries and the steps of GitHub's protocol appear only with --verbose. A machine's output and an account's
 * name are untrusted: control characters are removed.
 */
import { styleText } from 'node:util';
import { printableLine } from '../../cli/printable.ts';
import { keepNewest } from '../../core/keep-newest.ts';
import type { LaptopEvent } from '../laptop-event.ts';
import { type Fields, quietEvents, sentenceOf } from './event-sentence.ts';

type Style = Parameters<typeof styleText>[0];

/** Several lines if a machine printed several, none for events that people do not need. */
export type EventLines = (event: LaptopEvent) => string[];

interface Shown {
  readonly text: string;
  readonly style?: Style;
  readonly fields?: Fields;
}

const widest = 110;
const tenantWidth = 12;
const jobWidth = 9;
const textWidth = widest - '00:00:00'.length - tenantWidth - jobWidth - 3 * 2;

/** @param verbose also shows webhooks, GitHub's own steps, and what machines print */
export function createEventLines({ verbose }: { readonly verbose: boolean }): EventLines {
  /** The names behind installations, jobs and machines, as far as events have told them. */
  const logins = new Map<string, string>();
  const tenantOfJob = new Map<string, string>();
  const ofMachine = new Map<string, { tenant: string; job: string }>();

  function tenantAndJob(fields: Fields): { tenant: string; job: string } {
    const {
      installationId,
      accountLogin,
      login,
      repository,
      jobId,
      jobIds,
      instanceId,
      instanceIds,
      runner,
    } = fields;
    const named = accountLogin ?? login;
    if (installationId !== undefined && named) logins.set(String(installationId), String(named));
    const machine = ofMachine.get(String(instanceId ?? runner));
    const several = Array.isArray(jobIds) ? jobIds : [];
    const job = jobId ?? (several.length > 1 ? `${several.length} jobs` : several[0]) ?? machine?.job ?? '';
    const owner = typeof repository === 'string' ? repository.split('/')[0] : undefined;
    const byId = installationId === undefined ? undefined : String(installationId);
    const tenant =
      named ??
      owner ??
      (byId && (logins.get(byId) ?? byId)) ??
      tenantOfJob.get(String(job)) ??
      machine?.tenant ??
      '';
    const found = { tenant: String(tenant), job: String(job) };
    if (found.tenant && found.job) keepNewest(tenantOfJob, { key: found.job, value: found.tenant, most });
    for (const id of [instanceId, ...(Array.isArray(instanceIds) ? instanceIds : [])]) {
      if (id !== undefined && found.tenant) keepNewest(ofMachine, { key: String(id), value: found, most });
    }
    return found;
  }

  function line({ at }: LaptopEvent, { text, style, fields = {} }: Shown): string {
    const { tenant, job } = tenantAndJob(fields);
    const time = new Date(at).toISOString().slice(11, 19);
    const cells = `${cell(tenant, tenantWidth)}  ${cell(job, jobWidth)}`;
    const what = cut(printableLine(text), textWidth);
    return `${styleText('dim', time)}  ${cells}  ${style ? styleText(style, what) : what}`;
  }

  return (event) => {
    const shown = shownOf(event, verbose);
    // Read in any case, for later lines.
    if (shown.length === 0) tenantAndJob(event.kind === 'log' ? (parse(event.text) ?? {}) : event.fields);
    return shown.map((one) => line(event, one));
  };
}

/** Long runs must not grow without limit. */
const most = 10_000;

function shownOf(event: LaptopEvent, verbose: boolean): Shown[] {
  const { kind, text, fields } = event;
  switch (kind) {
    case 'progress':
      return [];
    case 'denied':
    case 'fault':
      return [{ text: `${kind}: ${text}`, style: 'red', fields }];
    case 'console':
      return verbose ? consoleLines(event) : [];
    case 'machine':
      return verbose ? [{ text: `machine ${text}`, style: 'yellow', fields }] : [];
    case 'webhook':
      if (fields['sender'] === undefined) return [{ text: `webhook refused: ${text}`, style: 'red' }];
      if (fields['sender'] !== 'github') return [{ text: `webhook by hand: ${text}`, style: 'cyan' }];
      return verbose ? [{ text: `webhook: ${text}`, style: 'dim' }] : [];
    case 'github': {
      const said = sentenceOf(`github-${text}`, fields);
      if (said !== undefined) return [{ text: said, style: 'blue', fields }];
      return verbose ? [{ text: `GitHub: ${text}`, style: 'dim', fields }] : [];
    }
    case 'log':
      return logLines(event, verbose);
  }
}

function logLines({ text, fields: { functionName } }: LaptopEvent, verbose: boolean): Shown[] {
  const fields = parse(text);
  // A stack trace, for example.
  if (!fields) return [{ text: `${functionName}: ${text}`, style: 'red' }];
  const { event: name, level } = fields;
  // Metrics alone are for machines.
  if (typeof name !== 'string') return [];
  if (level === 'info' && quietEvents.has(name) && !verbose) return [];
  const style = level === 'error' ? 'red' : level === 'warn' ? 'yellow' : undefined;
  const said = sentenceOf(name, fields) ?? otherwise(name, fields);
  return [{ text: said, fields, ...(style ? { style } : {}) }];
}

/** The event's name in words, and its fields except metrics and those with a column. */
function otherwise(name: string, fields: Fields): string {
  const hidden = [
    'event',
    'level',
    'at',
    'environment',
    'installationId',
    'accountLogin',
    'jobId',
    'jobIds',
    'launchId',
  ];
  const said = Object.entries(fields).filter(([key]) => /^[a-z]/.test(key) && !hidden.includes(key));
  const details = said.map(
    ([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [name.replaceAll('-', ' '), details.join(', ')].filter(Boolean).join(': ');
}

function consoleLines({ text, fields }: LaptopEvent): Shown[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ text: `machine: ${line.replace(/^mayfly \S+ /, '')}`, style: 'dim', fields }));
}

function parse(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
  } catch {
    // Not every line of a function is JSON: a stack trace is not.
    return undefined;
  }
}

const cut = (text: string, width: number) =>
  [...text].length <= width ? text : `${[...text].slice(0, width - 1).join('')}…`;
const cell = (text: string, width: number) => cut(printableLine(text), width).padEnd(width);
