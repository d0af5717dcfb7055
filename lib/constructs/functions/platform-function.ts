/**
 * One function of the platform, with its own role, which allows what its grants say and writing to its own log group, and
 * with the environment variables of the same grants. Permissions are granted nowhere else.
 */
import { PolicyDocument, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  type Code,
  FunctionUrlAuthType,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Duration, RemovalPolicy } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { functionNameOf } from '../../contract/function-name.ts';
import { type FunctionName, functionSettings } from '../../contract/functions.ts';
import { allow, type Grant } from '../basics/grant.ts';
import { dataKeyGrants, keyOf } from '../state/encryption.ts';

export interface PlatformFunctionProps {
  readonly environment: string;
  readonly name: FunctionName;
  readonly code: Code;
  readonly grants: readonly Grant[];
  readonly logRetentionDays: number;
  /** Undefined: AWS's own keys encrypt its data and logs. */
  readonly kmsKeyArn: string | undefined;
  /**
   * Reserved concurrency: copies for this function alone, and no more than these. Undefined: it shares the account's with
   * the others.
   */
  readonly reservedConcurrency: number | undefined;
}

export class PlatformFunction extends Construct {
  readonly lambda: LambdaFunction;
  /** Ends with a slash. Undefined if the function has none. */
  readonly url: string | undefined;

  constructor(scope: Construct, id: string, props: PlatformFunctionProps) {
    super(scope, id);
    const settings = functionSettings[props.name];
    const functionName = functionNameOf(props.environment, props.name);
    const key = keyOf(this, props.kmsKeyArn);
    const logGroup = new LogGroup(this, 'Logs', {
      logGroupName: `/aws/lambda/${functionName}`,
      retention: props.logRetentionDays,
      ...(key ? { encryptionKey: key } : {}),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const writeLogs = allow('WriteLogs', {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    });
    const grants = [...props.grants, ...dataKeyGrants(this, props.kmsKeyArn, props.grants), writeLogs];
    this.lambda = new LambdaFunction(this, 'Function', {
      functionName,
      description: settings.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: 'index.handler',
      code: props.code,
      timeout: Duration.seconds(settings.timeoutSeconds),
      memorySize: settings.memoryMegabytes,
      environment: Object.assign({}, ...grants.map((grant) => grant.variables)),
      role: createRole(this, grants),
      logGroup,
      ...(props.reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: props.reservedConcurrency }),
      // Lambda's own START, END and REPORT lines would be half of all log bytes; its metrics have the same data.
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SystemLogLevel.WARN,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
    });
    this.url = settings.url
      ? this.lambda.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url
      : undefined;
  }
}

/** The policy is part of the role: an event source must not be created before its function may read from it. */
function createRole(scope: Construct, grants: readonly Grant[]): Role {
  return new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: {
      grants: new PolicyDocument({ statements: grants.flatMap((grant) => grant.statements) }),
    },
  });
}
