/**
 * What a booting machine talks to: a claim URL and a GitHub that give the test's answers in order, and record every
 * request.
 */
import { readFileSync } from 'node:fs';
import { CreateFleetCommand } from '@aws-sdk/client-ec2';
import { claimAnswerLines } from '../../../lib/contract/machine.ts';
import { givenBootScript, givenEc2, givenFleet, givenServer, givenTemplateData, readBody } from './given.ts';

export interface Asked {
  readonly path: string;
  readonly body: string;
  readonly authorization: string | undefined;
}

export type Reply = { readonly status: number; readonly body?: string };

export interface MachineWorldOptions {
  /** The answers to claims, in turn; the last one repeats. */
  readonly claims: (url: string) => readonly Reply[];
  readonly confirm?: Reply;
  /** How long the job runs; absent: no job ever comes. */
  readonly jobMilliseconds?: number;
  /** Its steps, as the laptop's runner program reads them. */
  readonly steps?: readonly string[];
  /** The start gate's answers, in turn; the last one repeats. */
  readonly starts?: readonly Reply[];
  readonly gateSeconds?: number;
  readonly idleSeconds?: number;
  readonly lifeMinutes?: number;
  /** The values that the stack fills into the boot script for the tier. */
  readonly rootless?: boolean;
  readonly extraUserData?: string;
  /** A spot machine, which checks each second whether it is interrupted. */
  readonly spot?: boolean;
}

export async function givenMachineWorld(options: MachineWorldOptions) {
  const asked: Asked[] = [];
  const server = await givenServer(async (request, response) => {
    const path = request.url ?? '';
    asked.push({ path, body: await readBody(request), authorization: request.headers.authorization });
    const reply = answer(path);
    // A long poll without an answer: the machine keeps waiting.
    if (reply) response.writeHead(reply.status).end(reply.body);
  });
  const claims = [...options.claims(server.url)];
  const starts = [...(options.starts ?? [])];
  const answer = (path: string): Reply | undefined => {
    if (path === '/claim') return (claims.length > 1 ? claims.shift() : claims[0]) as Reply;
    if (path === '/start') return (starts.length > 1 ? starts.shift() : starts[0]) ?? { status: 500 };
    if (path === '/confirm') return options.confirm ?? { status: 200 };
    if (path !== '/_runner/message') return { status: 200 };
    if (options.jobMilliseconds === undefined) return undefined;
    const lines = [
      'job=7',
      `milliseconds=${options.jobMilliseconds}`,
      'repository=acme/app',
      'run=9',
      'attempt=1',
    ];
    return { status: 200, body: [...lines, ...(options.steps ?? []), ''].join('\n') };
  };
  const { extraUserData = '', rootless = false } = options;
  const script = givenBootScript(`${server.url}/`, options.idleSeconds, options.lifeMinutes)
    .replace('readonly SPOT_POLL_SECONDS=5', 'readonly SPOT_POLL_SECONDS=1')
    .replace('@ROOTLESS@', rootless ? 'yes' : 'no')
    .replace('@EXTRA_USER_DATA@', Buffer.from(extraUserData).toString('base64'));
  const world = await givenEc2({ data: givenTemplateData(script) });
  world.ec2.setDials({ gateSeconds: options.gateSeconds ?? 240 });
  const states: string[] = [];
  world.ec2.onStateChange((change) => states.push(change.state));
  const market = options.spot ? ('spot' as const) : ('on-demand' as const);
  const capacity = { TotalTargetCapacity: 1, DefaultTargetCapacityType: market };
  await world.client.send(new CreateFleetCommand(givenFleet({ TargetCapacitySpecification: capacity })));
  const [machine] = world.ec2.instances();
  if (!machine) throw new Error('No machine was launched.');
  return {
    ...world,
    machine,
    asked,
    states,
    paths: () => asked.map((request) => request.path),
    close: async () => {
      await world.close();
      await server.close();
    },
    jitConfig: jitConfig(server.url),
  };
}

/** Beside the config: the platform must admit the job before its first step. */
export const runGated = (url: string): Reply => ({
  status: 200,
  body: claimAnswerLines(
    { action: 'run', jitConfig: jitConfig(url), gate: true },
    readFileSync(new URL('../../../images/gate.sh', import.meta.url), 'utf8'),
  ),
});

/** "Run", with what GitHub would return for a runner: here it names the server that plays GitHub. */
export const run = (url: string): Reply => ({ status: 200, body: `action=run\njit=${jitConfig(url)}\n` });

export const jitConfig = (url: string) =>
  Buffer.from(JSON.stringify({ url, token: 'runner-token', runnerId: 5 })).toString('base64');
