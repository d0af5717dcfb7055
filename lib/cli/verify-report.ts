/** What `mayfly verify` found: one line for each check, and what to do if it failed. */
import { drawTable } from './table.ts';

export interface Row {
  readonly check: string;
  readonly verdict: 'PASS' | 'FAIL' | 'SKIPPED';
  readonly found: string;
  /** Empty if there is nothing to do. */
  readonly remedy: string;
}

export const passed = (check: string, found: string): Row => ({ check, verdict: 'PASS', found, remedy: '' });

export const failed = (check: string, found: string, remedy: string): Row => ({
  check,
  verdict: 'FAIL',
  found,
  remedy,
});

export const skipped = (check: string, found: string, remedy: string): Row => ({
  check,
  verdict: 'SKIPPED',
  found,
  remedy,
});

export const addCertificate = (region: string) =>
  'Take the region’s RSA certificate from https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/regions-certs.html, add it to ' +
  `identityCertificates["${region}"] in mayfly.config.ts, and deploy.`;

export function renderRows(rows: readonly Row[]): string {
  const open = rows.filter(({ remedy }) => remedy !== '');
  return [
    drawTable(
      ['check', 'verdict'],
      rows.map(({ check, verdict }) => [check, verdict]),
    ),
    '',
    ...rows.map(({ check, found }) => `  ${check}: ${found}`),
    ...(open.length > 0
      ? ['', '  What to do:', ...open.map(({ check, remedy }) => `  ${check}: ${remedy}`)]
      : []),
    '',
  ].join('\n');
}
