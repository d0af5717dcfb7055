/**
 * Secrets Manager's API over the secret store. It gives values only to callers whom IAM lets read that very secret, and
 * they never reach the call log. Only callers with a permission learn whether a secret exists.
 */
import { jsonAnswer, requireText, unknownAction } from './json-answer.ts';
import { type NewSecret, type Secret, SecretStore, type SecretVersion } from './secret-store.ts';
import { type AwsCall, AwsError, type AwsService } from './service.ts';

export type { NewSecret } from './secret-store.ts';
export type { GenerateSecretString } from './secret-string.ts';

export interface SecretsService extends AwsService {
  /** @throws AwsError ResourceExistsException */
  create(secret: NewSecret): { readonly arn: string };
  /** A new current value; the former one becomes the previous one. By name or ARN. */
  put(secretId: string, secretString: string): { readonly versionId: string };
  /** @throws AwsError ResourceNotFoundException */
  get(secretId: string, stage?: 'AWSCURRENT' | 'AWSPREVIOUS'): string;
}

type Input = AwsCall['input'];
type Action = (input: Input, store: SecretStore) => object;

export function createSecretsService(place: {
  readonly region: string;
  readonly accountId: string;
}): SecretsService {
  const store = new SecretStore(place);
  return {
    service: 'secretsmanager',
    questions({ action, input }) {
      const secretId = input['SecretId'] ?? input['Name'];
      if (typeof secretId !== 'string')
        return [{ action: `secretsmanager:${action}`, resource: '*', context: {} }];
      const tags = Object.entries(store.find(secretId)?.tags ?? {});
      const context = Object.fromEntries(
        tags.map(([key, value]) => [`aws:resourcetag/${key}`.toLowerCase(), value]),
      );
      return [{ action: `secretsmanager:${action}`, resource: store.arnOf(secretId), context }];
    },
    async handle({ action, input }) {
      const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
      if (!act) throw unknownAction('Secrets Manager', action, Object.keys(actions));
      return jsonAnswer(act(input, store));
    },
    create: (secret) => store.create(secret),
    put: (secretId, secretString) => store.put(secretId, secretString).current,
    get: (secretId, stage = 'AWSCURRENT') =>
      pickVersion(store.get(secretId), { VersionStage: stage }).secretString,
  };
}

const actions: Readonly<Record<string, Action>> = {
  CreateSecret: (input, store) => {
    const name = requireText(input, 'Name');
    const { arn, current } = store.create({ name, secretString: requireText(input, 'SecretString') });
    return { ARN: arn, Name: name, VersionId: current.versionId };
  },
  GetSecretValue: (input, store) => {
    const secret = store.get(requireText(input, 'SecretId'));
    const version = pickVersion(secret, input);
    return {
      ARN: secret.arn,
      Name: secret.name,
      VersionId: version.versionId,
      SecretString: version.secretString,
      VersionStages: [version === secret.current ? 'AWSCURRENT' : 'AWSPREVIOUS'],
      CreatedDate: version.createdDate,
    };
  },
  PutSecretValue: (input, store) => {
    const secret = store.put(requireText(input, 'SecretId'), requireText(input, 'SecretString'));
    const { versionId } = secret.current;
    return { ARN: secret.arn, Name: secret.name, VersionId: versionId, VersionStages: ['AWSCURRENT'] };
  },
  DescribeSecret: (input, store) => {
    const secret = store.get(requireText(input, 'SecretId'));
    return { ...summary(secret), VersionIdsToStages: stages(secret) };
  },
  ListSecrets: (_input, store) => ({
    SecretList: store
      .list()
      .map((secret) => ({ ...summary(secret), SecretVersionsToStages: stages(secret) })),
  }),
};

function pickVersion({ current, previous }: Secret, input: Input): SecretVersion {
  const { VersionId } = input;
  const VersionStage = input['VersionStage'] ?? (VersionId === undefined ? 'AWSCURRENT' : undefined);
  const candidates = [
    { stage: 'AWSCURRENT', version: current },
    { stage: 'AWSPREVIOUS', version: previous },
  ];
  const picked = candidates.find(
    ({ stage, version }) =>
      (VersionStage === undefined || VersionStage === stage) &&
      (VersionId === undefined || VersionId === version?.versionId),
  );
  if (picked?.version) return picked.version;
  const asked = VersionId === undefined ? `staging label: ${VersionStage}` : `VersionId: ${VersionId}`;
  throw new AwsError(
    'ResourceNotFoundException',
    `Secrets Manager can't find the specified secret value for ${asked}`,
  );
}

function summary({ arn, name, description, createdDate, current }: Secret) {
  const told = description === undefined ? {} : { Description: description };
  const dates = { CreatedDate: createdDate, LastChangedDate: current.createdDate };
  return { ARN: arn, Name: name, ...told, ...dates };
}

function stages({ current, previous }: Secret): Record<string, string[]> {
  const before = previous === undefined ? {} : { [previous.versionId]: ['AWSPREVIOUS'] };
  return { [current.versionId]: ['AWSCURRENT'], ...before };
}
