/**
 * The secrets themselves, in memory: each with its current value and the previous one, as after a rotation on AWS. A
 * secret's ARN follows from its name, so that a restart keeps it.
 */
import { createHash, randomUUID } from 'node:crypto';
import { type GenerateSecretString, generateSecretString } from './secret-string.ts';
import { AwsError } from './service.ts';

export interface NewSecret {
  readonly name: string;
  readonly description?: string;
  /** Either the value, or the rules to generate it; neither: a generated password, as in CloudFormation. */
  readonly secretString?: string;
  readonly generate?: GenerateSecretString;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface SecretVersion {
  readonly versionId: string;
  readonly secretString: string;
  /** Epoch seconds, as in the API. */
  readonly createdDate: number;
}

export interface Secret {
  readonly arn: string;
  readonly name: string;
  readonly description: string | undefined;
  readonly createdDate: number;
  readonly tags: Readonly<Record<string, string>>;
  current: SecretVersion;
  previous: SecretVersion | undefined;
}

export class SecretStore {
  readonly #secrets = new Map<string, Secret>();
  readonly #arnPrefix: string;

  constructor({ region, accountId }: { readonly region: string; readonly accountId: string }) {
    this.#arnPrefix = `arn:aws:secretsmanager:${region}:${accountId}:secret:`;
  }

  /** @throws AwsError ResourceExistsException */
  create({ name, description, secretString, generate, tags = {} }: NewSecret): Secret {
    if (this.#secrets.has(name)) {
      throw new AwsError('ResourceExistsException', `A secret named ${name} already exists.`);
    }
    const current = newVersion(secretString ?? generateSecretString(generate ?? {}));
    const arn = `${this.#arnPrefix}${name}-${suffixOf(name)}`;
    const { createdDate } = current;
    const secret: Secret = { arn, name, description, createdDate, tags, current, previous: undefined };
    this.#secrets.set(name, secret);
    return secret;
  }

  /** The current value becomes the previous one. @throws AwsError ResourceNotFoundException */
  put(secretId: string, secretString: string): Secret {
    const secret = this.get(secretId);
    secret.previous = secret.current;
    secret.current = newVersion(secretString);
    return secret;
  }

  /** @throws AwsError ResourceNotFoundException */
  get(secretId: string): Secret {
    const secret = this.find(secretId);
    if (secret) return secret;
    throw new AwsError(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret: ${secretId}`,
    );
  }

  /** By name, by ARN, or by ARN without the six characters at its end. */
  find(secretId: string): Secret | undefined {
    return this.list().find(({ name, arn }) => [name, arn, arn.slice(0, -7)].includes(secretId));
  }

  list(): Secret[] {
    return [...this.#secrets.values()];
  }

  /** The ARN that policies name; for a missing secret, the one that it might have. */
  arnOf(secretId: string): string {
    return this.find(secretId)?.arn ?? (secretId.startsWith('arn:') ? secretId : this.#arnPrefix + secretId);
  }
}

const newVersion = (secretString: string): SecretVersion => ({
  versionId: randomUUID(),
  secretString,
  createdDate: Math.floor(Date.now() / 1000),
});

const suffixOf = (name: string) =>
  createHash('sha256').update(name).digest('base64').replace(/[+/=]/g, '').slice(0, 6);
