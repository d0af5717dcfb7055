import { afterEach, describe, expect, it } from '@jest/globals';
import { machineLogs } from '../../lib/cli/machine-logs.ts';
import { run, type ScriptedAws, startScriptedAws } from './support.ts';

let aws: ScriptedAws | undefined;
afterEach(() => aws?.close());

async function givenConsole(text: string) {
  const output = Buffer.from(text).toString('base64');
  aws = await startScriptedAws(({ action }) => {
    if (action.endsWith('.GetItem')) return { json: {} };
    return { xml: `<GetConsoleOutputResponse><output>${output}</output></GetConsoleOutputResponse>` };
  });
  return run(machineLogs, ['i-0123456789abcdef0'], aws.url);
}

describe('what a machine printed, on the operator’s terminal', () => {
  it('is shown line by line', async () => {
    const { status, out } = await givenConsole('mayfly boot\r\nmayfly claim\r\n');
    expect(status).toBe(0);
    expect(out).toContain('mayfly boot\nmayfly claim\n');
  });

  it.each([
    ['a title of the window', '\u001b]0;owned\u0007'],
    ['colours', '\u001b[31mred\u001b[0m'],
    ['a cleared screen', '\u001b[2J\u001b[H'],
    ['a bell and a backspace', '\u0007\b'],
    ['an eight-bit control sequence', '\u009b31m'],
    ['an unfinished sequence', 'x\u001b['],
  ])('contains no escape sequence of a hostile job: %s', async (_, hostile) => {
    const { out } = await givenConsole(`before\n${hostile}\nafter\n`);
    expect(out).toMatch(/before\n.*\nafter\n/s);
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});
