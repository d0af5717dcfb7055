/**
 * What can be seen of the one machine of `mayfly verify`, from outside and on its console. It only reads, and ends
 * the machines that it is given.
 */
import {
  DescribeInstancesCommand,
  DescribeVolumesCommand,
  type EC2Client,
  type Instance,
  paginateDescribeInstances,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { readConsole } from '../adapters/ec2/read-console.ts';
import { createIdentityVerifier } from '../adapters/identity/verifier.ts';
import { systemClock } from '../adapters/system/clock.ts';
import type { MayflyConfig } from '../config/config.ts';
import { InstanceId } from '../core/ids.ts';
import { tagKeys } from '../core/tags.ts';
import { growingPauses } from './growing-pauses.ts';
import { verifyTag } from './verify-launch.ts';
import { addCertificate, failed, passed, type Row, skipped } from './verify-report.ts';

const longestPauseMilliseconds = 1_000;
/** Console output can appear minutes late. */
const longestMilliseconds = 8 * 60_000;

/** Polls until the value holds. Undefined: it never did. */
async function until<Value>(
  look: () => Promise<Value>,
  holds: (value: Value) => boolean,
): Promise<Value | undefined> {
  const end = Date.now() + longestMilliseconds;
  const pause = growingPauses(longestPauseMilliseconds);
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (Date.now() > end) return undefined;
    await pause();
  }
}

/** Uses a filter, because an id that EC2 does not show yet would be an error. */
async function describe(client: EC2Client, instanceId: string) {
  const Filters = [{ Name: 'instance-id', Values: [instanceId] }];
  const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ Filters }));
  const [reservation] = Reservations;
  const [instance] = reservation?.Instances ?? [];
  return instance ? { instance, accountId: reservation?.OwnerId ?? '' } : undefined;
}

/** Machines of earlier runs, and of this one. */
export async function findMachines(client: EC2Client, environment: string): Promise<string[]> {
  const Filters = [
    { Name: `tag:${verifyTag}`, Values: [environment] },
    { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
  ];
  const ids: string[] = [];
  for await (const { Reservations = [] } of paginateDescribeInstances({ client }, { Filters }))
    ids.push(
      ...Reservations.flatMap(({ Instances = [] }) => Instances.flatMap((one) => one.InstanceId ?? [])),
    );
  return ids;
}

export async function endMachines(client: EC2Client, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await client.send(new TerminateInstancesCommand({ InstanceIds: [...ids] }));
}

export async function lookAtMachine(
  client: EC2Client,
  instanceId: string,
  config: MayflyConfig,
): Promise<Row[]> {
  const isRunning = (seen: Awaited<ReturnType<typeof describe>>) => seen?.instance.State?.Name === 'running';
  const seen = await until(() => describe(client, instanceId), isRunning);
  if (!seen) {
    return [
      failed(
        'machine',
        `${instanceId} did not come up`,
        `Look at it: aws ec2 describe-instances --instance-ids ${instanceId}`,
      ),
    ];
  }
  const said = await until(
    async () => readConsole(client, InstanceId(instanceId)).catch(() => ''),
    (text) => text.includes('mayfly-verify over=yes'),
  );
  return [
    passed('machine', `${instanceId} is running`),
    tagRow(seen.instance, config.environment),
    await diskRow(client, { instanceId, environment: config.environment }),
    metadataRow(seen.instance),
    ...(await consoleRows(said, { config, ...seen })),
  ];
}

function tagRow({ Tags = [] }: Instance, environment: string): Row {
  const has = Tags.some(({ Key, Value }) => Key === tagKeys.environment && Value === environment);
  return has
    ? passed('tags of the machine', `${tagKeys.environment} is ${environment}`)
    : failed(
        'tags of the machine',
        'the tag of the environment is missing',
        'Without it the platform may not terminate the machine: see the fleet request in the log of scale-up.',
      );
}

async function diskRow(
  client: EC2Client,
  { instanceId, environment }: { readonly instanceId: string; readonly environment: string },
): Promise<Row> {
  const Filters = [{ Name: 'attachment.instance-id', Values: [instanceId] }];
  const { Volumes = [] } = await client.send(new DescribeVolumesCommand({ Filters }));
  const plain = Volumes.filter(({ Encrypted }) => !Encrypted).length;
  const untagged = Volumes.filter(
    ({ Tags = [] }) => !Tags.some(({ Key, Value }) => Key === tagKeys.environment && Value === environment),
  ).length;
  const found = `${Volumes.length} disks, ${plain} not encrypted, ${untagged} without the tag of the environment`;
  return Volumes.length > 0 && plain + untagged === 0
    ? passed('disks', found)
    : failed(
        'disks',
        found,
        'The launch template encrypts its disk and the request tags it: compare them with docs/IAM.md.',
      );
}

function metadataRow({ MetadataOptions = {} }: Instance): Row {
  const { HttpTokens, HttpPutResponseHopLimit, HttpEndpoint, InstanceMetadataTags } = MetadataOptions;
  const found = `tokens ${HttpTokens}, hop limit ${HttpPutResponseHopLimit}, endpoint ${HttpEndpoint}, tags ${InstanceMetadataTags}`;
  const isRight =
    HttpTokens === 'required' &&
    HttpPutResponseHopLimit === 1 &&
    HttpEndpoint === 'enabled' &&
    InstanceMetadataTags === 'enabled';
  return isRight
    ? passed('metadata options', found)
    : failed(
        'metadata options',
        found,
        'The account may have defaults or a declarative policy of its own: aws ec2 get-instance-metadata-defaults',
      );
}

interface Seen {
  readonly config: MayflyConfig;
  readonly instance: Instance;
  readonly accountId: string;
}

async function consoleRows(said: string | undefined, seen: Seen): Promise<Row[]> {
  if (said === undefined) {
    const why = 'the console showed nothing of the machine within 8 minutes';
    const todo =
      'Nothing was seen from inside. Check that the machine reaches its metadata; then run verify again.';
    return [skipped('metadata from inside', why, todo), skipped('identity', why, todo)];
  }
  const value = (name: string) => new RegExp(`mayfly-verify ${name}=([^;\\s]*);`).exec(said)?.[1] ?? '';
  const [tokenless, tag] = [value('tokenless'), value('tag')];
  const found = `without a token ${tokenless}, own tag ${tag || 'not readable'}`;
  return [
    tokenless === '401' && tag === seen.config.environment
      ? passed('metadata from inside', found)
      : failed(
          'metadata from inside',
          found,
          'A machine reads its launch ticket from its tags: without them it cannot claim a job.',
        ),
    await identityRow(value('document'), value('signature'), seen),
  ];
}

async function identityRow(document: string, signature: string, { config, instance, accountId }: Seen) {
  const verifier = createIdentityVerifier({
    accountId,
    region: config.region,
    maxAgeSeconds: 3600,
    clock: systemClock,
    certificates: config.identityCertificates?.[config.region],
  });
  const identity = await verifier.verify(document, signature);
  if ('refused' in identity) {
    return failed(
      'identity',
      `the identity document is refused: ${identity.refused}`,
      `Every claim would be refused the same way. If it is unverified, AWS has changed the certificate. ${addCertificate(config.region)}`,
    );
  }
  const apart = Math.abs(identity.pendingTime - (instance.LaunchTime?.getTime() ?? 0)) / 1000;
  return apart <= 300
    ? passed('identity', `signed by AWS's certificate; pendingTime ${apart.toFixed(0)} s from LaunchTime`)
    : failed(
        'identity',
        `pendingTime is ${apart.toFixed(0)} s from LaunchTime`,
        'Claims rely on pendingTime: read docs/FIRST-DEPLOY.md.',
      );
}

export async function endRow(client: EC2Client, instanceId: string): Promise<Row> {
  await endMachines(client, [instanceId]);
  const isGone = async () => {
    const seen = await describe(client, instanceId);
    return seen === undefined || seen.instance.State?.Name === 'terminated';
  };
  return (await until(isGone, Boolean))
    ? passed('terminate', `${instanceId} is terminated`)
    : failed(
        'terminate',
        `${instanceId} has not ended within 8 minutes`,
        `aws ec2 describe-instances --instance-ids ${instanceId}`,
      );
}

/** What EC2 answers about a machine that it no longer knows: the platform must understand this answer. */
export async function forgottenRow(client: EC2Client): Promise<Row> {
  const answer = await client
    .send(new TerminateInstancesCommand({ InstanceIds: ['i-0fffffffffffffff0'] }))
    .then(
      () => 'accepted',
      (error: Error) => error.name,
    );
  const understood = ['InvalidInstanceID.NotFound', 'UnauthorizedOperation'];
  return understood.includes(answer)
    ? passed('forgotten id', `TerminateInstances answers ${answer}`)
    : failed(
        'forgotten id',
        `TerminateInstances answers ${answer}`,
        'Mayfly does not know this code: report it.',
      );
}
