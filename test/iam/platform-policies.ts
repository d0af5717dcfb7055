/**
 * Every policy in the templates of one configuration, with names in place of references: what each function may do, what
 * other roles may, and who may use a resource. It reads what would be deployed, and nothing else.
 */
import { asList } from '../../lib/local/aws/iam/statement.ts';
import { loadAssembly } from '../../lib/local/template/assembly.ts';
import type { Assembly, Stack, TemplateResource } from '../../lib/local/template/cloudformation.ts';
import { resolve, type Scope } from '../../lib/local/template/intrinsics.ts';
import { type Grant, kindOf } from './grant.ts';

export interface Statement {
  readonly Sid?: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export interface Policy {
  readonly stack: string;
  readonly logicalId: string;
  /** function: of its role. role: of one that no function runs under. resource: on the resource itself. */
  readonly kind: 'function' | 'role' | 'resource';
  /** The function or resource by its name, without the environment; else a logical id. */
  readonly of: string;
  readonly statements: readonly Statement[];
}

type Properties = Readonly<Record<string, unknown>>;
type Policies = readonly {
  readonly PolicyDocument: { readonly Statement: Statement | readonly Statement[] };
}[];

export function readPolicies(assemblyFolder: string, environment: string): Policy[] {
  const assembly = loadAssembly(assemblyFolder);
  const plain = (name: string) =>
    name.startsWith(`${environment}-`) ? name.slice(environment.length + 1) : name;
  const functions = functionsByRole(assembly);
  return assembly.stacks.flatMap((stack) => {
    const scope = readableScope(assembly, stack);
    return Object.entries(stack.template.Resources ?? {}).flatMap(([logicalId, resource]): Policy[] => {
      if (!holdsPolicy(resource)) return [];
      const properties = resolve(resource.Properties ?? {}, scope) as Properties;
      const place = { stack: plain(stack.name), logicalId };
      const document = properties['PolicyDocument'] as Policies[number]['PolicyDocument'] | undefined;
      const statements = asList(document?.Statement ?? []);
      switch (resource.Type) {
        case 'AWS::IAM::Role': {
          const name = functions.get(`${stack.name}/${logicalId}`);
          const ofRole = (properties['Policies'] ?? []) as Policies;
          const all = ofRole.flatMap(({ PolicyDocument }) => asList(PolicyDocument.Statement));
          return all.length === 0
            ? []
            : [{ ...place, kind: name ? 'function' : 'role', of: plain(name ?? logicalId), statements: all }];
        }
        case 'AWS::Lambda::Permission':
          return [
            {
              ...place,
              kind: 'resource',
              of: plain(lastPart(properties['FunctionName'])),
              statements: [permission(properties)],
            },
          ];
        default:
          return document ? [{ ...place, kind: 'resource', of: plain(subject(properties)), statements }] : [];
      }
    });
  });
}

const holdsPolicy = ({ Type, Properties: given = {} }: TemplateResource) =>
  Type === 'AWS::IAM::Role' || Type === 'AWS::Lambda::Permission' || 'PolicyDocument' in given;

/** At the grain at which they are judged. */
export const grantsOf = (policies: readonly Policy[]): Grant[] =>
  policies
    .filter(({ kind }) => kind === 'function')
    .flatMap(({ of, statements }) =>
      statements.flatMap(({ Sid = '', Action, Resource }) =>
        asList(Action).flatMap((action) =>
          asList(Resource ?? []).map((resource) => ({
            function: of,
            sid: Sid,
            action,
            kind: kindOf(resource),
          })),
        ),
      ),
    );

/** A function's name by its role, as `stack/logicalId`. */
function functionsByRole(assembly: Assembly): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { name, template } of assembly.stacks) {
    for (const { Type, Properties: given } of Object.values(template.Resources ?? {})) {
      const role = (given?.['Role'] as { 'Fn::GetAtt'?: readonly string[] } | undefined)?.['Fn::GetAtt'];
      if (Type === 'AWS::Lambda::Function' && role)
        found.set(`${name}/${role[0]}`, String(given?.['FunctionName']));
    }
  }
  return found;
}

function permission(properties: Properties): Statement {
  const given = ['SourceArn', 'SourceAccount', 'FunctionUrlAuthType', 'InvokedViaFunctionUrl'];
  const condition = Object.fromEntries(
    given.filter((key) => properties[key] !== undefined).map((key) => [key, properties[key]]),
  );
  return {
    Effect: 'Allow',
    Action: String(properties['Action']),
    Principal: properties['Principal'],
    ...(Object.keys(condition).length > 0 ? { Condition: { Equals: condition } } : {}),
  };
}

const lastPart = (arn: unknown) => String(arn).split(':').at(-1) ?? '';

/** What a policy stands on: queues, topics, a bucket. */
function subject(properties: Properties): string {
  const named = properties['Queues'] ?? properties['Topics'] ?? properties['Bucket'] ?? properties['Roles'];
  return asList(named as string)
    .map((name) => lastPart(name))
    .join(', ');
}

/** References as people read them: real names where there are any, words in capitals for what only AWS knows. */
function readableScope(assembly: Assembly, stack: Stack): Scope {
  const find = (logicalId: string): TemplateResource | undefined => stack.template.Resources?.[logicalId];
  const scope: Scope = {
    ref: (name) => pseudoParameters[name] ?? refOf(name, find(name), scope),
    attribute: (logicalId, attribute) =>
      attribute === 'Arn' || attribute === 'TopicArn'
        ? arnOf(logicalId, find(logicalId), scope)
        : (find(logicalId)?.Properties?.[attribute] ?? `${logicalId}.${attribute}`),
    importValue(name) {
      for (const exporter of assembly.stacks) {
        const outputs = Object.values(exporter.template.Outputs ?? {});
        const output = outputs.find(({ Export }) => Export?.Name === name);
        if (output) return resolve(output.Value, readableScope(assembly, exporter));
      }
      throw new Error(`No stack exports ${name}.`);
    },
    availabilityZones: () => ['ZONE-1', 'ZONE-2', 'ZONE-3'],
    condition: () => true,
  };
  return scope;
}

const pseudoParameters: Readonly<Record<string, string>> = {
  'AWS::AccountId': 'ACCOUNT',
  'AWS::Region': 'REGION',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
  'AWS::StackId': 'STACK',
  'AWS::StackName': 'STACK',
};

const nameProperties = [
  'QueueName',
  'TableName',
  'FunctionName',
  'LogGroupName',
  'TopicName',
  'BucketName',
  'RoleName',
];

function nameOf(logicalId: string, resource: TemplateResource | undefined, scope: Scope): string {
  const property = nameProperties.find((name) => resource?.Properties?.[name] !== undefined);
  return property ? String(resolve(resource?.Properties?.[property], scope)) : withoutHash(logicalId);
}

/** CDK ends logical ids with eight digits that say nothing. */
const withoutHash = (logicalId: string) => logicalId.replace(/[0-9A-F]{8}$/, '');

function refOf(logicalId: string, resource: TemplateResource | undefined, scope: Scope): string {
  const name = nameOf(logicalId, resource, scope);
  if (resource?.Type === 'AWS::SecretsManager::Secret' || resource?.Type === 'AWS::SNS::Topic') {
    return arnOf(logicalId, resource, scope);
  }
  return name;
}

const arnForms: Readonly<Record<string, string>> = {
  'AWS::SQS::Queue': 'sqs:REGION:ACCOUNT:',
  'AWS::SNS::Topic': 'sns:REGION:ACCOUNT:',
  'AWS::DynamoDB::Table': 'dynamodb:REGION:ACCOUNT:table/',
  'AWS::Lambda::Function': 'lambda:REGION:ACCOUNT:function:',
  'AWS::SecretsManager::Secret': 'secretsmanager:REGION:ACCOUNT:secret:',
  'AWS::Logs::LogGroup': 'logs:REGION:ACCOUNT:log-group:',
  'AWS::Events::Rule': 'events:REGION:ACCOUNT:rule/',
  'AWS::IAM::Role': 'iam::ACCOUNT:role/',
  'AWS::KMS::Key': 'kms:REGION:ACCOUNT:key/',
  'AWS::S3::Bucket': 's3:::',
};

function arnOf(logicalId: string, resource: TemplateResource | undefined, scope: Scope): string {
  const form = arnForms[resource?.Type ?? ''];
  if (!form) throw new Error(`The ARN of ${logicalId} (${resource?.Type}) is not known; add it to arnForms.`);
  const name =
    resource?.Type === 'AWS::Events::Rule'
      ? String(resource.Properties?.['Name'] ?? withoutHash(logicalId))
      : nameOf(logicalId, resource, scope);
  return `arn:aws:${form}${name}${resource?.Type === 'AWS::Logs::LogGroup' ? ':*' : ''}`;
}
