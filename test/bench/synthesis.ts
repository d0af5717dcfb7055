/**
 * How long the CDK app takes from its start to its templates, as `cdk synth` runs it. Bundles are kept while sources
 * are unchanged, so at most the first of several rounds makes them.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { judged } from './goals.ts';
import { median, type Report } from './result.ts';
import type { Size } from './size.ts';

const app = fileURLToPath(new URL('../../bin/mayfly.ts', import.meta.url));

export async function measureSynthesis({ synthesisRounds: rounds }: Size): Promise<Report> {
  const seconds: number[] = [];
  for (let round = 0; round < rounds; round += 1) seconds.push(await synthesizeOnce());
  return {
    results: [judged('synthesis', median(seconds), 's')],
    notes: [
      `Synthesis: the default configuration in a fresh process, without the CDK's CLI; median of ${rounds}.`,
    ],
  };
}

async function synthesizeOnce(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-bench-'));
  try {
    const startedAt = performance.now();
    // Only tests set it; the figure means nothing to them.
    const { PATH, CDK_VALIDATION = 'true' } = process.env;
    await promisify(execFile)(process.execPath, [app], {
      env: { PATH, CDK_VALIDATION, CDK_OUTDIR: folder },
      timeout: 60_000,
    });
    return (performance.now() - startedAt) / 1000;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
