import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createLedger } from '../../lib/local/demo/ledger.ts';
import { createLiveView } from '../../lib/local/demo/live-view.ts';

/** One tenant with four jobs: one runs, one is done, one is refused, one waits. */
function givenView() {
  const ledger = createLedger({ machine: () => ({ tenant: '1', tier: 'small' }), tierCaps: { small: 2 } });
  const note = (text: string, fields: object) =>
    ledger.note({ at: 1, kind: 'github', text, fields: { ...fields } });
  ledger.open({ login: 'initech', installationId: 1, limit: 2 });
  for (const jobId of [1, 2, 3, 4]) note('job-queued', { jobId, repository: 'initech/x' });
  note('job-started', { jobId: 1 });
  note('job-completed', { jobId: 2, conclusion: 'success' });
  ledger.refused.add(4);
  const written: string[] = [];
  const out = { isTTY: true, write: (text: string) => written.push(text) > 0 };
  return { view: createLiveView(ledger, out as unknown as NodeJS.WriteStream), written };
}

describe('what the demo draws', () => {
  it('shows a refused job as refused, not as waiting', () => {
    const { view, written } = givenView();
    view.draw();
    const text = stripVTControlCharacters(written.join(''));
    expect(text).toMatch(/initech .* █✗▓░ {2}1 of 4 done, 1 refused\n$/);
    for (const sign of ['■', '·', '█', '✗', '▓', '░']) expect(text.split('\n\n')[0]).toContain(sign);
  });

  it('erases the legend with the bars', () => {
    const { view, written } = givenView();
    view.draw();
    const lines = written.join('').split('\n').length - 1;
    view.end();
    expect(written.at(-1)).toBe(`\x1b[${lines}A\x1b[0J`);
  });
});
