/**
 * What a booting machine talks to: a claim door and a GitHub, both as scripts of answers that a test gives,
 * with everything that was asked kept in order.
 */

import { CreateFleetCommand } from '@aws-sdk/client-ec2';
import { givenBootScript, givenEc2, givenFleet, givenServer, givenTemplateData, readBody } from './given.ts';

export interface Asked {
  readonly path: string;
  readonly body: string;
  readonly authorization: string | undefined;
}

export type Reply = { readonly status: number; readonly body?: string };

export interface MachineWorldOptions {
  /** What the claim door answers, in turn; the last one again and again. */
  readonly claims: (url: string) => readonly Reply[];
  readonly confirm?: Reply;
  /** How long the job runs; absent: no job ever comes. */
  readonly jobMilliseconds?: number;
  readonly idleSeconds?: number;
  readonly lifeMinutes?: number;
  /** What the stack fills into the boot script for the tier. */
  readonly rootless?: boolean;
  readonly extraUserData?: string;
  /** A spot machine, which looks each second whether it is taken back. */
  readonly spot?: boolean;
}

export async function givenMachineWorld(options: MachineWorldOptions) {
  const asked: Asked[] = [];
  const server = await givenServer(async (request, response) => {
    const path = request.url ?? '';
    asked.push({ path, body: await readBody(request), authorization: request.headers.authorization });
    const reply = answer(path);
    // A long poll without an answer: the machine is left waiting.
    if (reply) response.writeHead(reply.status).end(reply.body);
  });
  const claims = [...options.claims(server.url)];
  const answer = (path: string): Reply | undefined => {
    if (path === '/claim') return (claims.length > 1 ? claims.shift() : claims[0]) as Reply;
    if (path === '/confirm') return options.confirm ?? { status: 200 };
    if (path !== '/_runner/message') return { status: 200 };
    if (options.jobMilliseconds === undefined) return undefined;
    return { status: 200, body: `job=7\nmilliseconds=${options.jobMilliseconds}\n` };
  };
  const { extraUserData = '', rootless = false } = options;
  const script = givenBootScript(`${server.url}/`, options.idleSeconds, options.lifeMinutes)
    .replace('readonly SPOT_POLL_SECONDS=5', 'readonly SPOT_POLL_SECONDS=1')
    .replace('@ROOTLESS@', rootless ? 'yes' : 'no')
    .replace('@EXTRA_USER_DATA@', Buffer.from(extraUserData).toString('base64'));
  const world = await givenEc2({ data: givenTemplateData(script) });
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

/** "Run", with what GitHub would give for a runner: here it names the server that plays GitHub. */
export const run = (url: string): Reply => ({ status: 200, body: `action=run\njit=${jitConfig(url)}\n` });

export const jitConfig = (url: string) =>
  Buffer.from(JSON.stringify({ url, token: 'runner-token', runnerId: 5 })).toString('base64');
