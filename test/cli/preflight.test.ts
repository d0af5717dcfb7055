import { afterEach, describe, expect, it } from '@jest/globals';
import { preflight } from '../../lib/cli/preflight.ts';
import { judgeQuotas, quotas } from '../../lib/cli/preflight-rules.ts';
import { run, type ScriptedAws, startScriptedAws } from './support.ts';

const vcpus: Record<string, number> = {
  't3.medium': 2,
  't3.large': 2,
  'm5.large': 2,
  't3.xlarge': 4,
  'm5.xlarge': 4,
};
let aws: ScriptedAws | undefined;
afterEach(() => aws?.close());

async function givenAccount(values: Readonly<Record<string, number>>) {
  const types = Object.entries(vcpus)
    .map(
      ([type, count]) =>
        `<item><instanceType>${type}</instanceType><vCpuInfo><defaultVCpus>${count}</defaultVCpus></vCpuInfo></item>`,
    )
    .join('');
  aws = await startScriptedAws(({ action, input }) =>
    action === 'DescribeInstanceTypes'
      ? {
          xml: `<DescribeInstanceTypesResponse><instanceTypeSet>${types}</instanceTypeSet></DescribeInstanceTypesResponse>`,
        }
      : { json: { Quota: { Value: values[String(input['QuotaCode'])] } } },
  );
  return aws.url;
}

describe('mayfly preflight', () => {
  it('finds nothing to ask for in an account with room', async () => {
    const url = await givenAccount({ 'L-1216C47A': 640, 'L-34B43A08': 640, 'L-B99A9384': 1000 });
    const { status, out } = await run(preflight, [], url);
    expect(status).toBe(0);
    expect(out).not.toContain('request-service-quota-increase');
  });

  it('calls the quotas of a new account tight, and prints how to ask for more', async () => {
    const url = await givenAccount({ 'L-1216C47A': 5, 'L-34B43A08': 5, 'L-B99A9384': 10 });
    const { status, out } = await run(preflight, [], url);
    expect(status).toBe(0);
    expect(out).toMatch(/on-demand.*5 vCPU.*4.*40.*tight/);
    expect(out).toContain('--service-code ec2 --quota-code L-1216C47A --desired-value 40');
  });

  it('exits with 1 where no machine of a tier could start', async () => {
    const url = await givenAccount({ 'L-1216C47A': 2, 'L-34B43A08': 5, 'L-B99A9384': 1000 });
    expect(await run(preflight, ['--json'], url)).toMatchObject({
      status: 1,
      out: expect.stringContaining('"too small"'),
    });
  });

  it('looks at the spot quota only where a tier wants spot', () => {
    const has = { onDemand: 100, spot: 0, lambda: 1000 };
    const tier = { name: 'small', maxRunners: 2, vcpus: 2 };
    expect(judgeQuotas([{ ...tier, spot: false }], has).map(({ quota }) => quota)).not.toContain(quotas.spot);
    expect(judgeQuotas([{ ...tier, spot: true }], has)).toContainEqual(
      expect.objectContaining({ quota: quotas.spot, verdict: 'too small' }),
    );
  });
});
