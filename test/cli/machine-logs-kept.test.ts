/** The console of a machine that AWS no longer knows: what was kept of it is shown, and nothing is made up. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { machineLogs } from '../../lib/cli/machine-logs.ts';
import { run, type ScriptedAws, startScriptedAws } from './support.ts';

let aws: ScriptedAws | undefined;
afterEach(() => aws?.close());

const forgotten =
  '<Response><Errors><Error><Code>InvalidInstanceID.NotFound</Code><Message>It does not exist</Message></Error></Errors></Response>';
const row = {
  console: { S: 'mayfly boot\nmayfly \u001b[31mrunner' },
  ended_at: { N: String(Date.parse('2026-11-21T12:10:00Z')) },
  end_reason: { S: 'boot-deadline' },
};

async function logs(Item: object | undefined) {
  aws = await startScriptedAws(({ action }) =>
    action.endsWith('.GetItem') ? { json: Item ? { Item } : {} } : { status: 400, xml: forgotten },
  );
  return run(machineLogs, ['i-0123456789abcdef0'], aws.url);
}

describe('a machine that AWS no longer knows', () => {
  it('is shown from its saved console, if it never asked for a job', async () => {
    const { status, out } = await logs(row);
    expect(status).toBe(0);
    expect(out).toContain('ended at 2026-11-21T12:10:00.000Z (boot-deadline)');
    expect(out).toMatch(/\n\nmayfly boot\nmayfly runner\n$/);
    expect(aws!.asked.at(-1)!.input).toEqual({
      TableName: 'my-saas-runners',
      Key: { instance_id: { S: 'i-0123456789abcdef0' } },
    });
  });

  it.each([
    ['nothing was kept of it', { end_reason: { S: 'job-completed' } }],
    ['it was never ours', undefined],
  ])('cannot be shown if %s', async (_, item) => {
    const { status, error } = await logs(item);
    expect(status).not.toBe(0);
    expect(error).toContain('The console of i-0123456789abcdef0 cannot be read: It does not exist');
    expect(error).toContain('Look for a newer machine: npx mayfly status --tenant TENANT');
  });
});
