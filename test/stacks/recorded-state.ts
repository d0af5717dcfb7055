/**
 * What no upgrade may replace, compared with what a synthesized app would deploy: logical ids, names, keys, and what is
 * written into secrets. CloudFormation replaces a resource when one of these changes, and says so to nobody.
 * Sources: the "Update requires: Replacement" marks of AWS::DynamoDB::Table, AWS::SecretsManager::Secret and
 * AWS::EC2::SecurityGroup in
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/introduction.html
 */
import type { Resource, Synthesized } from './assembly.ts';

export interface RecordedResource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  readonly deletionPolicy: string;
  readonly updateReplacePolicy: string;
  /** What must stay, by property. Names without their environment. */
  readonly fixed: Readonly<Record<string, unknown>>;
}

/** By type: the properties whose change costs what is kept, and what that would be. */
const watched: Readonly<Record<string, { readonly properties: readonly string[]; readonly loss: string }>> = {
  'AWS::DynamoDB::Table': {
    properties: [
      'TableName',
      'KeySchema',
      'AttributeDefinitions',
      'LocalSecondaryIndexes',
      'GlobalSecondaryIndexes',
    ],
    loss: 'its rows (tenants, limits, leases, jobs) would stay behind in a table that nothing reads any more',
  },
  'AWS::SecretsManager::Secret': {
    properties: ['Name', 'SecretString', 'GenerateSecretString'],
    loss: 'the secret in use would be overwritten or left behind: webhooks, tickets or the App stop working',
  },
  'AWS::EC2::SecurityGroup': {
    properties: ['GroupName', 'GroupDescription'],
    loss: 'machines run in it, and other stacks import its id: CloudFormation would refuse the deploy',
  },
};

/** Everything in the stack of state, the machines' group, and whatever else is kept when its stack goes. */
export function keptResources(app: Synthesized, environment: string): RecordedResource[] {
  return ['state', 'network', 'control-plane', 'observability'].flatMap((stack) =>
    app
      .resources(undefined, stack)
      .filter(
        ({ Type, DeletionPolicy = '' }) =>
          stack === 'state' ||
          Type === 'AWS::EC2::SecurityGroup' ||
          String(DeletionPolicy).startsWith('Retain'),
      )
      .map((resource) => recorded(stack, resource, environment)),
  );
}

function recorded(stack: string, resource: Resource, environment: string): RecordedResource {
  const properties = watched[resource.Type]?.properties ?? [];
  const given = properties.filter((name) => resource.Properties[name] !== undefined);
  return {
    stack,
    logicalId: resource.id,
    type: resource.Type,
    deletionPolicy: String(resource['DeletionPolicy'] ?? 'Delete'),
    updateReplacePolicy: String(resource['UpdateReplacePolicy'] ?? 'Delete'),
    fixed: Object.fromEntries(
      given.map((name) => [name, withoutEnvironment(resource.Properties[name], environment)]),
    ),
  };
}

const withoutEnvironment = (value: unknown, environment: string): unknown =>
  JSON.parse(JSON.stringify(value).replaceAll(`${environment}-`, '{environment}-'));

/** @returns what an upgrade would do to what is recorded, a line each; empty where it leaves all of it alone */
export function harmOf(before: readonly RecordedResource[], now: readonly RecordedResource[]): string[] {
  const keyOf = ({ stack, logicalId }: RecordedResource) => `${stack}/${logicalId}`;
  const later = new Map(now.map((resource) => [keyOf(resource), resource]));
  const known = new Set(before.map(keyOf));
  return [
    ...before.flatMap((resource) => harmTo(resource, later.get(keyOf(resource)))),
    ...now
      .filter((resource) => !known.has(keyOf(resource)))
      .map(
        (resource) =>
          `${keyOf(resource)} is new: add it to the record, as it is: ${JSON.stringify(resource)}`,
      ),
  ];
}

function harmTo(before: RecordedResource, now: RecordedResource | undefined): string[] {
  const { stack, logicalId, type } = before;
  const loss = watched[type]?.loss ?? 'what it keeps would be lost';
  const name = `${stack}/${logicalId} (${type})`;
  if (!now) {
    return [
      `${name} is gone from the template, or has another logical id, which is the same: ${loss}. Put it back under its id.`,
    ];
  }
  const changed = [...new Set([...Object.keys(before.fixed), ...Object.keys(now.fixed)])].filter(
    (property) => JSON.stringify(before.fixed[property]) !== JSON.stringify(now.fixed[property]),
  );
  const isKept =
    now.deletionPolicy === before.deletionPolicy && now.updateReplacePolicy === before.updateReplacePolicy;
  return [
    ...(now.type === type ? [] : [`${name} has become a ${now.type}: ${loss}.`]),
    ...changed.map(
      (property) =>
        `${name} has another ${property}: ${loss}. It was ${JSON.stringify(before.fixed[property])} and is ` +
        `${JSON.stringify(now.fixed[property])}. Put it back, or write a migration that moves what is kept.`,
    ),
    ...(isKept
      ? []
      : [`${name} is no longer kept as it was: ${now.deletionPolicy} and ${now.updateReplacePolicy}.`]),
  ];
}
