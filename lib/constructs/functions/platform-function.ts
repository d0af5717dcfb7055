/**
 * One function of the platform, with a role of its own that may do what its grants say and write to its own log group,
 * and with the environment variables that the same grants bring. Nothing is granted anywhere else.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
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
import { Construct } from 'constructs';
import { type FunctionName, functionSettings } from '../../contract/functions.ts';
import { allow, type Grant } from '../basics/grant.ts';
import { dataKeyGrants, keyOf } from '../state/encryption.ts';

export interface PlatformFunctionProps {
  readonly environment: string;
  readonly name: FunctionName;
  readonly code: Code;
  readonly grants: readonly Grant[];
  readonly logRetentionDays: number;
  /** Undefined: AWS's own keys encrypt what it uses, and its logs. */
  readonly kmsKeyArn: string | undefined;
  /** Copies that nobody else can take, and more than which it never has. Undefined: it shares with the others. */
  readonly reservedConcurrency: number | undefined;
}

export class PlatformFunction extends Construct {
  readonly lambda: LambdaFunction;
  /** Ends with a slash. Undefined where the function has none. */
  readonly url: string | undefined;

  constructor(scope: Construct, id: string, props: PlatformFunctionProps) {
    super(scope, id);
    const settings = functionSettings[props.name];
    const functionName = `${props.environment}-${props.name}`;
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
      // Lambda's own START, END and REPORT lines would be half of all log bytes; its metrics tell the same.
      loggingFormat: LoggingFormat.JSON,
      systemLogLevelV2: SystemLogLevel.WARN,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
    });
    this.url = settings.url
      ? this.lambda.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url
      : undefined;
  }
}

/** The policy is part of the role: an event source must not be made before its function may read from it. */
function createRole(scope: Construct, grants: readonly Grant[]): Role {
  return new Role(scope, 'Role', {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    inlinePolicies: {
      grants: new PolicyDocument({ statements: grants.flatMap((grant) => grant.statements) }),
    },
  });
}
