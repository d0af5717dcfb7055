/**
 * `mayfly explain` on the laptop: the real command, with the keys of somebody who has its synthesized policy and nothing else,
 * over situations that are written into the tables. Each has one right verdict, and takes a bounded number of calls.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { policies } from '../../lib/cli/policies/policies.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import type { PolicyDocument } from '../../lib/local/aws/service.ts';
import config from '../../mayfly.config.ts';
import { commands } from '../cli/commands.ts';
import { recordingIo } from '../cli/support.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { type Situation, situations } from '../support/situations.ts';
import { putSituation } from './support/put-situation.ts';
import { until } from './support/until.ts';
import { startWorld, tierLabels, type World } from './support/world.ts';

/** Those that rows alone bring about: GitHub says nothing, and the configuration is the default one. */
const isOfRows = ({ github, deadLetters, deployment, cap, drain }: Situation) =>
  [github, deadLetters, deployment, cap, drain].every((one) => one === undefined);
/** Over within seconds, which a busy machine may need for one command. */
const passing = ['started too many machines within a minute', 'waits for a call to EC2'];
const ofRows = Object.entries(situations).filter(
  ([name, situation]) => isOfRows(situation) && !passing.includes(name),
);

/** Reads that one explanation may take: without a row, those of every dead-letter queue too. */
const mostCalls = 26;

describe('mayfly explain, on the laptop', () => {
  let world: World;
  let explain: (...args: string[]) => Promise<{ code: unknown; next: unknown; error: string; calls: number }>;
  beforeAll(async () => {
    world = await startWorld();
    await world.install('globex');
    await world.untilQuiet();
    const { endpoint, endpointUrl, environment, region } = world.laptop;
    const accountId = '000000000000';
    const policy = nonEmpty(policies.filter(({ name }) => name === 'explain'))[0]!.document({
      environment,
      region,
      account: accountId,
      imageParameters: [],
      instanceTypes: [],
    });
    const keys = endpoint.addPrincipal({
      name: 'explainer',
      arn: `arn:aws:iam::${accountId}:user/explainer`,
      policies: [policy as PolicyDocument],
    });
    explain = async (...args) => {
      const { io, printed } = recordingIo();
      let calls = 0;
      const stop = endpoint.onCall(({ caller }) => {
        if (caller === 'explainer') calls += 1;
      });
      await runCommand(commands, ['explain', ...args, '--json'], {
        config,
        io,
        environment: {
          AWS_ENDPOINT_URL: endpointUrl,
          AWS_ACCESS_KEY_ID: keys.accessKeyId,
          AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
        },
      });
      stop();
      const { out, error } = printed();
      const { code, next } = out === '' ? {} : JSON.parse(out);
      return { code, next, error, calls };
    };
  });
  afterAll(() => world?.close());

  it('covers more than forty situations that rows alone can create', () => {
    expect(ofRows.length).toBeGreaterThanOrEqual(40);
  });

  it.each(ofRows)('recognizes a job that %s', async (_name, situation) => {
    const takeAway = await putSituation(world.laptop, world.operator.dynamo, situation);
    // By its URL, as it is copied from GitHub.
    const { calls, ...seen } = await explain('https://github.com/acme/app/actions/runs/1000/job/1');
    await takeAway();
    expect(seen).toEqual({ code: situation.code, next: expect.stringMatching(/\.$/), error: '' });
    expect(calls).toBeLessThanOrEqual(mostCalls);
  });

  it.each([
    ['labels that no tier has', ['self-hosted', 'medium', 'gpu'], 'labels-unknown'],
    ['a group and no labels', [], 'group-only'],
    ["a machine of GitHub's own", ['ubuntu-latest'], 'hosted-by-github'],
    ['a tier, and whose webhook reached nobody', tierLabels('small'), 'webhook-failed'],
  ])('recognizes with GitHub’s help a job that asks for %s', async (_what, labels, code) => {
    const { github } = world.laptop;
    const failed = github.state().deliveries.failed;
    github.setDials({ webhooks: { loseProbability: 1 } });
    const { jobId } = github.queueJob({ repository: 'globex/app', labels });
    await until('its webhook was lost', () => github.state().deliveries.failed > failed);
    const url = `https://github.com/globex/app/actions/runs/1/job/${jobId}`;
    expect(await explain(url, '--github')).toMatchObject({ code, error: '' });
    github.cancelJob(jobId);
  });

  it('was allowed all of its calls', () => {
    expect(world.laptop.endpoint.iam.denials()).toEqual([]);
  });
});
