/**
 * Secrets Manager: values in memory, each with its version and stages, so that the current and the previous one can be
 * read as after a rotation on AWS. Values never reach the call log; they are gone with the process.
 */
import { createHash, randomUUID } from 'node:crypto';
import { jsonAnswer, requireText, unknownAction } from './json-answer.ts';
import { type GenerateSecretString, generateSecretString } from './secret-string.ts';
import { type AwsCall, AwsError, type AwsService, type IamQuestion } from './service.ts';

export type { GenerateSecretString } from './secret-string.ts';

export interface NewSecret {
  readonly name: string;
  readonly description?: string;
  /** Either the value, or how to make one up; neither: a generated password, as CloudFormation does. */
  readonly secretString?: string;
  readonly generate?: GenerateSecretString;
}

export interface SecretsService extends AwsService {
  /** @throws AwsError ResourceExistsException */
  create(secret: NewSecret): { readonly arn: string };
  /** A new current value; what was current becomes previous. By name or ARN. */
  put(secretId: string, secretString: string): { readonly versionId: string };
  get(secretId: string, stage?: 'AWSCURRENT' | 'AWSPREVIOUS'): string;
}

interface Version {
  readonly versionId: string;
  readonly secretString: string;
  /** Epoch seconds, as the API has it. */
  readonly createdDate: number;
}

interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly createdDate: number;
  current: Version;
  previous: Version | undefined;
}

type Input = AwsCall['input'];

export function createSecretsService(place: {
  readonly region: string;
  readonly accountId: string;
}): SecretsService {
  const arnPrefix = `arn:aws:secretsmanager:${place.region}:${place.accountId}:secret:`;
  const secrets = new Map<string, Secret>();

  const find = (secretId: string): Secret => {
    for (const secret of secrets.values()) {
      if ([secret.name, secret.arn, secret.arn.replace(/-[^-]{6}$/, '')].includes(secretId)) return secret;
    }
    throw new AwsError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret: ${secretId}`,
    );
  };
  const create: SecretsService['create'] = ({ name, description, secretString, generate }) => {
    if (secrets.has(name)) {
      throw new AwsError('ResourceExistsException', `A secret named ${name} exists already.`);
    }
    const arn = `${arnPrefix}${name}-${suffixOf(name)}`;
    const current = version(secretString ?? generateSecretString(generate ?? {}));
    const { createdDate } = current;
    secrets.set(name, { arn, name, description, createdDate, current, previous: undefined });
    return { arn };
  };
  const put: SecretsService['put'] = (secretId, secretString) => {
    const secret = find(secretId);
    secret.previous = secret.current;
    secret.current = version(secretString);
    return { versionId: secret.current.versionId };
  };

  const actions: Readonly<Record<string, (input: Input) => object>> = {
    CreateSecret: (input) => {
      const { arn } = create({
        name: requireText(input, 'Name'),
        secretString: requireText(input, 'SecretString'),
      });
      return { ARN: arn, Name: input['Name'], VersionId: find(arn).current.versionId };
    },
    GetSecretValue: (input) => {
      const secret = find(requireText(input, 'SecretId'));
      return valueOutput(secret, pick(secret, input));
    },
    PutSecretValue: (input) => {
      const secret = find(requireText(input, 'SecretId'));
      const { versionId } = put(secret.name, requireText(input, 'SecretString'));
      return { ARN: secret.arn, Name: secret.name, VersionId: versionId, VersionStages: ['AWSCURRENT'] };
    },
    DescribeSecret: (input) => {
      const secret = find(requireText(input, 'SecretId'));
      return { ...summary(secret), VersionIdsToStages: stages(secret) };
    },
    ListSecrets: () => ({
      SecretList: [...secrets.values()].map((secret) => ({
        ...summary(secret),
        SecretVersionsToStages: stages(secret),
      })),
    }),
  };

  return {
    service: 'secretsmanager',
    questions: (call) => [question(call, find)],
    async handle({ action, input }) {
      const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
      if (!act) throw unknownAction('Secrets Manager', action, Object.keys(actions));
      return jsonAnswer(act(input));
    },
    create,
    put,
    get: (secretId, stage = 'AWSCURRENT') => {
      const secret = find(secretId);
      return pick(secret, { VersionStage: stage }).secretString;
    },
  };
}

/** Policies name secrets by their full ARN. For a secret that is not there, the name stands in. */
function question({ action, input, region, accountId }: AwsCall, find: (id: string) => Secret): IamQuestion {
  const asked = input['SecretId'] ?? input['Name'];
  let resource = '*';
  if (typeof asked === 'string') {
    try {
      resource = find(asked).arn;
    } catch {
      // Whether it exists is told only to those who may know.
      resource = asked.startsWith('arn:')
        ? asked
        : `arn:aws:secretsmanager:${region}:${accountId}:secret:${asked}`;
    }
  }
  return { action: `secretsmanager:${action}`, resource, context: {} };
}

function pick(secret: Secret, input: Input): Version {
  const { VersionId, VersionStage = VersionId === undefined ? 'AWSCURRENT' : undefined } = input;
  const found = [
    { stage: 'AWSCURRENT', version: secret.current },
    { stage: 'AWSPREVIOUS', version: secret.previous },
  ].find(
    ({ stage, version: candidate }) =>
      candidate !== undefined &&
      (VersionStage === undefined || VersionStage === stage) &&
      (VersionId === undefined || VersionId === candidate.versionId),
  );
  if (found?.version) return found.version;
  throw new AwsError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${VersionId === undefined ? `staging label: ${VersionStage}` : `VersionId: ${VersionId}`}`,
  );
}

function valueOutput(secret: Secret, { versionId, secretString, createdDate }: Version) {
  return {
    ARN: secret.arn,
    Name: secret.name,
    VersionId: versionId,
    SecretString: secretString,
    VersionStages: [versionId === secret.current.versionId ? 'AWSCURRENT' : 'AWSPREVIOUS'],
    CreatedDate: createdDate,
  };
}

function summary({ arn, name, description, createdDate, current }: Secret) {
  const told = description === undefined ? {} : { Description: description };
  return {
    ARN: arn,
    Name: name,
    ...told,
    CreatedDate: createdDate,
    LastChangedDate: current.createdDate,
  };
}

function stages({ current, previous }: Secret): Record<string, string[]> {
  return {
    [current.versionId]: ['AWSCURRENT'],
    ...(previous === undefined ? {} : { [previous.versionId]: ['AWSPREVIOUS'] }),
  };
}

const version = (secretString: string): Version => ({
  versionId: randomUUID(),
  secretString,
  createdDate: Math.floor(Date.now() / 1000),
});

/** AWS adds six characters by chance; here they follow from the name, so that a restart keeps the ARN. */
const suffixOf = (name: string) =>
  createHash('sha256').update(name).digest('base64').replace(/[+/=]/g, '').slice(0, 6);
