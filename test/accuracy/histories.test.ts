/** Each machine has one record, whoever dies while its end is written down; and the check finds a platform that does it wrong. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { root } from '../docs/markdown.ts';
import { runHistory, type Spoil } from './history.ts';

/** The key of a record has the time of the end in it. */
const withoutKey: Spoil = ({ deps }) => {
  const { usage } = deps;
  deps.usage = {
    ...usage,
    record: (records) => usage.record(records.map((one) => ({ ...one, launchedAt: one.endedAt }))),
  };
};

/** The lease goes back first. */
const afterFreeing: Spoil = ({ deps }) => {
  const { usage, runners } = deps;
  let pending: Parameters<typeof usage.record>[0] = [];
  deps.usage = {
    ...usage,
    record: async (records) => {
      pending = records;
      return records;
    },
  };
  deps.runners = {
    ...runners,
    end: async (ends) => {
      const outcomes = await runners.end(ends);
      await usage.record(pending);
      return outcomes;
    },
  };
};

/** What the last writer found counts as spent, and the record keeps what the first one found. */
const bySecondWord: Spoil = ({ deps }) => {
  const { usage } = deps;
  deps.usage = {
    ...usage,
    record: async (records) => {
      await usage.record(records);
      return records;
    },
  };
};

describe('histories of machines with crashes', () => {
  it('lose no record, and double none', () => {
    const { NODE_OPTIONS: _, ...env } = process.env;
    const script = join(root, 'test', 'accuracy', 'histories.ts');
    const args = [script, '--histories', '2000'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^2000 histories with crashes, 0 with a lost or double record/);
  });

  it.each([
    ['a record without a key of its own', withoutKey, /two records|2 records|3 records/],
    ['a record after the lease went back', afterFreeing, /there is no record/],
    ['what is spent by a second word', bySecondWord, /counted as spent/],
  ])('find %s', async (_what, spoil, fault) => {
    const faults: string[] = [];
    for (let seed = 1; seed <= 100; seed += 1) faults.push((await runHistory(seed, spoil)) ?? '');
    expect(faults.join('\n')).toMatch(fault);
  });
});
