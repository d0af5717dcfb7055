import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type AwsEndpoint, startAwsEndpoint } from '../../../lib/local/aws/endpoint.ts';
import { type GenerateSecretString, generateSecretString } from '../../../lib/local/aws/secret-string.ts';
import { createSecretsService, type SecretsService } from '../../../lib/local/aws/secrets.ts';
import { allowing, clientConfiguration, givenFunction, place } from './support.ts';

describe('Secrets Manager through the SDK', () => {
  let secrets: SecretsService;
  let endpoint: AwsEndpoint;
  let operator: SecretsManagerClient;
  let arn: string;
  beforeEach(async () => {
    secrets = createSecretsService(place);
    endpoint = await startAwsEndpoint({ ...place, services: [secrets] });
    operator = new SecretsManagerClient(clientConfiguration(endpoint));
    arn = secrets.create({ name: 'dev/webhook', secretString: 'first' }).arn;
  });
  afterEach(() => endpoint.close());

  const read = async (SecretId: string, VersionStage?: string, client = operator) => {
    const command = new GetSecretValueCommand({ SecretId, ...(VersionStage ? { VersionStage } : {}) });
    return (await client.send(command)).SecretString;
  };

  it('reads by name, by ARN and by ARN without its suffix', async () => {
    expect(arn).toMatch(/^arn:aws:secretsmanager:us-east-1:123456789012:secret:dev\/webhook-[A-Za-z0-9]{6}$/);
    const ids = ['dev/webhook', arn, arn.slice(0, -7)];
    expect(await Promise.all(ids.map((id) => read(id)))).toEqual(['first', 'first', 'first']);
  });

  it('keeps the previous value when a new one is put', async () => {
    await expect(read(arn, 'AWSPREVIOUS')).rejects.toBeInstanceOf(ResourceNotFoundException);
    await operator.send(new PutSecretValueCommand({ SecretId: arn, SecretString: 'second' }));
    expect([await read(arn), await read(arn, 'AWSPREVIOUS')]).toEqual(['second', 'first']);
    secrets.put(arn, 'third');
    expect([secrets.get(arn), secrets.get(arn, 'AWSPREVIOUS')]).toEqual(['third', 'second']);
  });

  it('describes and lists without revealing the value', async () => {
    const described = await operator.send(new DescribeSecretCommand({ SecretId: arn }));
    expect(Object.values(described.VersionIdsToStages ?? {})).toEqual([['AWSCURRENT']]);
    const listed = await operator.send(new ListSecretsCommand());
    expect(listed.SecretList?.map(({ Name }) => Name)).toEqual(['dev/webhook']);
    expect(JSON.stringify([described, listed])).not.toContain('first');
  });

  it('returns a secret only to those who may read that secret', async () => {
    const other = secrets.create({ name: 'dev/app', secretString: 'key' }).arn;
    const credentials = givenFunction(
      endpoint,
      'dev-webhook',
      allowing('secretsmanager:GetSecretValue', arn),
    );
    const webhook = new SecretsManagerClient(clientConfiguration(endpoint, credentials));
    expect(await read('dev/webhook', undefined, webhook)).toBe('first');
    await expect(read(other, undefined, webhook)).rejects.toMatchObject({ name: 'AccessDeniedException' });
    await expect(read('nope', undefined, webhook)).rejects.toMatchObject({ name: 'AccessDeniedException' });
  });

  it('refuses to create one twice', () => {
    expect(() => secrets.create({ name: 'dev/webhook' })).toThrow(/already exists/);
  });
});

describe('generateSecretString', () => {
  it('creates passwords of the given length and characters, each kind at least once', () => {
    const password = generateSecretString({
      PasswordLength: 64,
      ExcludePunctuation: true,
      ExcludeCharacters: 'abc',
    });
    expect(password).toMatch(/^[d-zA-Z0-9]{64}$/);
    for (const kind of [/[d-z]/, /[A-Z]/, /[0-9]/]) expect(password).toMatch(kind);
    expect(generateSecretString({})).toHaveLength(32);
    expect(generateSecretString({})).not.toBe(generateSecretString({}));
  });

  it('inserts the password into the template under its key', () => {
    const text = generateSecretString({
      SecretStringTemplate: '{"user":"mayfly"}',
      GenerateStringKey: 'password',
      PasswordLength: 12,
    });
    expect(JSON.parse(text)).toEqual({ user: 'mayfly', password: expect.stringMatching(/^.{12}$/) });
  });

  it.each([
    [{ Strength: 9 }, /Strength; known are/],
    [{ GenerateStringKey: 'x' }, /both SecretStringTemplate and GenerateStringKey/],
    [{ PasswordLength: 2 }, /2 characters of 4 kinds/],
  ])('refuses %j', (rules, message) => {
    expect(() => generateSecretString(rules as GenerateSecretString)).toThrow(message);
  });
});
