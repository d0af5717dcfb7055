/**
 * Functions and what may call them: permissions, URLs, asynchronous retries. A function runs under its own role's
 * policies; a role that Lambda may not assume, or that may not write its log, is an error at load.
 */
import type { PolicyStatement } from '../../aws/service.ts';
import { keepCompiledCode } from '../../lambda/compiled-code.ts';
import { reservedVariables } from '../../lambda/function-definition.ts';
import { openFunctionUrl } from '../../lambda/function-url.ts';
import type { Cloud } from '../cloud.ts';
import { type Registry, type Resource, withoutEffect } from '../resource-type.ts';

export const functionArn = (cloud: Cloud, name: string) =>
  name.startsWith('arn:') ? name : `arn:aws:lambda:${cloud.region}:${cloud.accountId}:function:${name}`;
export const functionName = (nameOrArn: string) => nameOrArn.split(':').at(-1)!;

export const lambdaTypes: Registry = {
  'AWS::Lambda::Function': {
    properties: {
      FunctionName: true,
      Code: { S3Bucket: 'bundles are read from the assembly, by key', S3Key: true },
      Handler: true,
      Runtime: true,
      Role: true,
      Timeout: true,
      MemorySize: true,
      ReservedConcurrentExecutions: true,
      Environment: { Variables: true },
      PackageType: 'bundles are files in either case',
      LoggingConfig: {
        LogGroup: true,
        LogFormat: 'lines are kept as the function wrote them',
        ApplicationLogLevel: 'lines are kept as the function wrote them',
        SystemLogLevel: 'the host says only what failed',
      },
      Architectures: withoutEffect.hardware,
      TracingConfig: withoutEffect.tracing,
      Description: withoutEffect.description,
      Tags: withoutEffect.tags,
      RecursiveLoop: 'there is no loop detection here',
    },
    attributes: ['Arn'],
    create(resource, cloud) {
      const name = defineFunction(resource, cloud);
      return {
        ref: name,
        attributes: { Arn: functionArn(cloud, name) },
        settle: () => authorizeFunction(cloud, name),
      };
    },
  },
  'AWS::Lambda::Permission': {
    properties: {
      Action: true,
      FunctionName: true,
      Principal: true,
      SourceArn: true,
      SourceAccount: true,
      FunctionUrlAuthType: true,
      InvokedViaFunctionUrl: true,
    },
    attributes: ['Id'],
    create({ properties, logicalId }, cloud) {
      const arn = functionArn(cloud, String(properties['FunctionName']));
      cloud.policies.allowOnResource(arn, [permissionStatement(properties, arn)]);
      return { ref: logicalId, attributes: { Id: logicalId } };
    },
  },
  'AWS::Lambda::Url': {
    properties: {
      TargetFunctionArn: true,
      AuthType: true,
      InvokeMode: true,
      Cors: 'only browsers ask for it, and none calls these URLs',
    },
    attributes: ['FunctionUrl', 'FunctionArn'],
    create: createUrl,
  },
  'AWS::Lambda::EventInvokeConfig': {
    properties: {
      FunctionName: true,
      Qualifier: true,
      MaximumRetryAttempts: true,
      MaximumEventAgeInSeconds: true,
    },
    attributes: ['Id'],
    create({ properties, logicalId }, cloud) {
      const name = functionName(String(properties['FunctionName']));
      const { MaximumRetryAttempts: attempts, MaximumEventAgeInSeconds: seconds } = properties;
      cloud.functions.setRepeats(name, {
        ...(attempts === undefined ? {} : { attempts: Number(attempts) }),
        ...(seconds === undefined ? {} : { withinMilliseconds: Number(seconds) * 1000 }),
      });
      return { ref: logicalId, attributes: { Id: logicalId } };
    },
  },
};

function defineFunction({ properties, asset, generatedName }: Resource, cloud: Cloud): string {
  const name: string = properties['FunctionName'] ?? generatedName();
  const runtime = String(properties['Runtime']);
  if (!runtime.startsWith('nodejs')) throw new Error(`The runtime is ${runtime}; only nodejs runs here.`);
  const environment = (properties['Environment']?.Variables ?? {}) as Record<string, string>;
  const reserved = reservedVariables.filter((variable) => variable in environment);
  if (reserved.length > 0) throw new Error(`Lambda reserves ${reserved.join(', ')}; the template sets them.`);
  // As its error message shows, Lambda measures them as JSON: a quote within a value takes two bytes.
  // https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3594
  const bytes = Buffer.byteLength(JSON.stringify(environment));
  if (bytes > 4096) throw new Error(`The environment has ${bytes} bytes as JSON; Lambda allows 4096.`);
  const folder = asset(String(properties['Code'].S3Key));
  keepCompiledCode(folder);
  cloud.functions.define({
    name,
    arn: functionArn(cloud, name),
    folder,
    handler: String(properties['Handler']),
    runtime,
    memoryMegabytes: Number(properties['MemorySize'] ?? 128),
    timeoutSeconds: Number(properties['Timeout'] ?? 3),
    environment,
    logGroup: properties['LoggingConfig']?.LogGroup ?? `/aws/lambda/${name}`,
    role: String(properties['Role']),
  });
  const copies = properties['ReservedConcurrentExecutions'];
  if (copies !== undefined) cloud.functions.reserve(name, Number(copies));
  return name;
}

function authorizeFunction(cloud: Cloud, name: string) {
  const { logGroup, role: roleArn } = cloud.functions.definition(name);
  const streams = `arn:aws:logs:${cloud.region}:${cloud.accountId}:log-group:${logGroup}:log-stream:any`;
  const role = cloud.policies.role(roleArn);
  cloud.functions.authorize(
    name,
    cloud.addPrincipal({
      name,
      arn: `arn:aws:sts::${cloud.accountId}:assumed-role/${role.name}/${name}`,
      policies: role.policies,
      boundary: role.boundary,
      isTemporary: true,
    }),
  );
  cloud.policies.requireTrust(roleArn, 'lambda.amazonaws.com');
  cloud.policies.requireRoleMay({
    caller: name,
    role: roleArn,
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    resource: streams,
  });
}

/** The statement that Lambda adds to the function's policy for a permission. */
function permissionStatement(properties: Resource['properties'], arn: string): PolicyStatement {
  const principal = String(properties['Principal']);
  const equals = {
    ...(properties['SourceAccount'] ? { 'aws:SourceAccount': properties['SourceAccount'] } : {}),
    ...(properties['FunctionUrlAuthType']
      ? { 'lambda:FunctionUrlAuthType': properties['FunctionUrlAuthType'] }
      : {}),
  };
  const viaUrl = properties['InvokedViaFunctionUrl'];
  return {
    Effect: 'Allow',
    Action: properties['Action'],
    Resource: arn,
    Principal: principal === '*' ? '*' : { Service: principal },
    Condition: {
      ...(Object.keys(equals).length > 0 ? { StringEquals: equals } : {}),
      ...(properties['SourceArn'] ? { ArnLike: { 'aws:SourceArn': properties['SourceArn'] } } : {}),
      ...(viaUrl === undefined ? {} : { Bool: { 'lambda:InvokedViaFunctionUrl': String(viaUrl) } }),
    },
  };
}

async function createUrl({ properties }: Resource, cloud: Cloud) {
  const arn = functionArn(cloud, String(properties['TargetFunctionArn']));
  const name = functionName(arn);
  if (properties['AuthType'] !== 'NONE') {
    throw new Error(`AuthType is ${properties['AuthType']}; only NONE runs here.`);
  }
  if ((properties['InvokeMode'] ?? 'BUFFERED') !== 'BUFFERED') {
    throw new Error(`InvokeMode is ${properties['InvokeMode']}; only BUFFERED runs here.`);
  }
  const opened = await openFunctionUrl({
    functionName: name,
    port: cloud.urls.portFor(name),
    invoke: (event) => cloud.functions.invoke(name, event),
    tap: (request) => cloud.urls.tap(name, request),
  });
  cloud.onClose(opened.close);
  return {
    ref: arn,
    attributes: { FunctionUrl: opened.url, FunctionArn: arn },
    /** Both, since October 2025: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html */
    settle() {
      const context = { 'lambda:functionurlauthtype': 'NONE', 'lambda:invokedviafunctionurl': 'true' };
      for (const action of ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction']) {
        cloud.policies.requireResourceAllows('anyone', { action, resource: arn, context });
      }
    },
  };
}
