/**
 * `mayfly verify`: tests in the deployed account what AWS's documents alone cannot answer, with one throwaway machine
 * for a few minutes. The machine is ended in any case, and powers off by itself after a quarter of an hour. The
 * leftovers of an earlier run are ended first.
 */
import type { CreateFleetCommandInput, EC2Client } from '@aws-sdk/client-ec2';
import { TierName } from '../core/ids.ts';
import { type Command, type CommandCall, jsonOption, UsageError } from './command.ts';
import { ec2Client } from './ec2-client.ts';
import { outlines } from './outlines.ts';
import { accountRows, certificateRow, chooseSubnet } from './verify-account.ts';
import { forbiddenLaunches, type LaunchTarget, launch, tryLaunch, verifyRequest } from './verify-launch.ts';
import { endMachines, endRow, findMachines, forgottenRow, lookAtMachine } from './verify-machine.ts';
import { failed, passed, type Row, renderRows, skipped } from './verify-report.ts';

export const verify: Command = {
  ...outlines.verify,
  details: `
Examples:
  mayfly verify               a table of checks: PASS, FAIL or SKIPPED, and what to do
  mayfly verify --tier arm    with a machine of this tier

Run it with exactly the policy that mayfly policy verify prints: it has the conditions of the platform's own
roles, so a launch that works proves that EC2 meets them. It takes about five minutes and costs about a
cent. docs/FIRST-DEPLOY.md lists what else only a real account can show.
`,
  exitOne: 'a check failed; "What to do" says how to correct it',
  options: [
    jsonOption,
    { flags: '--tier <name>', description: 'the tier of the machine; the default is defaultTier' },
  ],
  async run(call) {
    const rows = await verifyAll(call);
    call.io.out(call.options['json'] ? `${JSON.stringify(rows)}\n` : renderRows(rows));
    return rows.some(({ verdict }) => verdict === 'FAIL') ? 1 : 0;
  },
};

async function verifyAll(call: CommandCall): Promise<Row[]> {
  const { config } = call;
  const client = ec2Client(call);
  const left = await findMachines(client, config.environment);
  await endMachines(client, left);
  const subnetId = await chooseSubnet(client, config);
  const target = { ...chosenTier(call), environment: config.environment, subnetId };
  const rows = [
    passed('leftovers', left.length === 0 ? 'none of an earlier run' : `ended ${left.join(', ')}`),
    certificateRow(config, Date.now()),
    ...(await accountRows(call)),
    await conditionsRow(client, target),
  ];
  try {
    return [...rows, ...(await withMachine(client, call, target)), await forgottenRow(client)];
  } finally {
    // Searched by tag, in case the answer about a launch was lost.
    await endMachines(client, await findMachines(client, config.environment));
  }
}

function chosenTier({ options, config }: CommandCall): Pick<LaunchTarget, 'tier' | 'instanceType'> {
  const name = String(options['tier'] ?? config.defaultTier);
  const tier = config.tiers[name];
  if (!tier) {
    throw new UsageError(
      `There is no tier ${JSON.stringify(name)}; there are ${Object.keys(config.tiers).join(', ')}.`,
    );
  }
  if (tier.instanceRoleArn !== undefined) {
    throw new UsageError(
      `Machines of the tier ${name} get an IAM role, which verify may not pass to a machine. Choose another tier with --tier.`,
    );
  }
  return { tier: TierName(name), instanceType: tier.instanceTypes[0]! };
}

/**
 * The operator's credentials may be wider than the roles, so a successful launch alone does not prove that EC2
 * supplies the condition keys that the roles rely on.
 */
async function conditionsRow(client: EC2Client, target: LaunchTarget): Promise<Row> {
  const check = 'conditions of the roles';
  const open: string[] = [];
  for (const [what, change] of Object.entries(forbiddenLaunches)) {
    const code = await tryLaunch(client, target, change);
    if (code !== 'UnauthorizedOperation') open.push(`${what} (${code})`);
  }
  return open.length === 0
    ? passed(check, `refused: ${Object.keys(forbiddenLaunches).join(', ')}`)
    : skipped(
        check,
        `these credentials have permissions that the platform lacks: ${open.join(', ')}`,
        'Run verify again with only the policy that npx mayfly policy verify prints. With wider credentials the launch proves ' +
          "nothing about the conditions in the platform's roles.",
      );
}

async function withMachine(client: EC2Client, { config }: CommandCall, target: LaunchTarget): Promise<Row[]> {
  const request = verifyRequest(target);
  const started = await launch(client, request).catch((error: Error) => ({
    instanceIds: [],
    errors: [`${error.name}: ${error.message}`],
  }));
  const [instanceId] = started.instanceIds;
  if (instanceId === undefined) {
    const said = started.errors.join('; ') || 'CreateFleet returned neither a machine nor an error';
    return [
      failed(
        'launch',
        said,
        'docs/FIRST-DEPLOY.md explains UnauthorizedOperation. Any error here would stop jobs too.',
      ),
    ];
  }
  return [
    passed('launch', `${instanceId}, a ${target.instanceType} of ${target.environment}-${target.tier}`),
    await replayRow(client, request, instanceId),
    ...(await lookAtMachine(client, instanceId, config)),
    await endRow(client, instanceId),
  ];
}

/**
 * The platform replays a token only to recover a lost answer, and searches by tag if the answer does not list the
 * machines.
 */
async function replayRow(
  client: EC2Client,
  request: CreateFleetCommandInput,
  instanceId: string,
): Promise<Row> {
  const check = 'replay of the token';
  const again = await launch(client, request).catch((error: Error) => ({
    instanceIds: [] as string[],
    errors: [`${error.name}: ${error.message}`],
  }));
  const others = again.instanceIds.filter((id) => id !== instanceId);
  if (others.length > 0) {
    return failed(
      check,
      `a second machine: ${others.join(', ')}`,
      'A launch whose response is lost would start twice as many machines. Report it, with the region.',
    );
  }
  return again.instanceIds.length > 0
    ? passed(check, 'the same machine')
    : passed(check, `no second machine, and not the first: ${again.errors.join('; ') || 'an empty answer'}`);
}
