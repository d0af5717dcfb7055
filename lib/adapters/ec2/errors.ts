/**
 * What EC2's errors mean for a launch: one table, for errors that CreateFleet throws and for those that it lists beside
 * what it started. A thrown error that is not in the table may have started machines, so it is unclear.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
 */
import type { LaunchAnswer, LaunchFailure, LaunchFailureClass } from '../../ports/compute.ts';
import { OperationalError } from '../../ports/errors.ts';

const classes: Readonly<Record<string, LaunchFailureClass>> = {
  // Another type, zone or market may have capacity.
  InsufficientInstanceCapacity: 'capacity',
  InsufficientHostCapacity: 'capacity',
  InsufficientReservedInstanceCapacity: 'capacity',
  InsufficientCapacity: 'capacity',
  InsufficientFreeAddressesInSubnet: 'capacity',
  SpotMaxPriceTooLow: 'capacity',
  UnfulfillableCapacity: 'capacity',
  Unsupported: 'capacity',
  // The account's own quotas: another zone does not help.
  InstanceLimitExceeded: 'quota',
  MaxFleetCountExceeded: 'quota',
  MaxSpotInstanceCountExceeded: 'quota',
  VcpuLimitExceeded: 'quota',
  VolumeLimitExceeded: 'quota',
  // Too many calls.
  EC2ThrottledException: 'throttled',
  RequestLimitExceeded: 'throttled',
  RequestThrottled: 'throttled',
  RequestThrottledException: 'throttled',
  Throttling: 'throttled',
  ThrottlingException: 'throttled',
  TooManyRequestsException: 'throttled',
  // It can never work: permissions, the account, or the request itself.
  AccessDenied: 'fatal',
  AccessDeniedException: 'fatal',
  AuthFailure: 'fatal',
  Blocked: 'fatal',
  InvalidAMIID: 'fatal',
  'InvalidAMIID.NotFound': 'fatal',
  'InvalidAMIID.Unavailable': 'fatal',
  InvalidBlockDeviceMapping: 'fatal',
  InvalidFleetConfig: 'fatal',
  InvalidFleetConfiguration: 'fatal',
  'InvalidGroup.NotFound': 'fatal',
  InvalidLaunchTemplateId: 'fatal',
  'InvalidLaunchTemplateId.NotFound': 'fatal',
  'InvalidLaunchTemplateName.NotFoundException': 'fatal',
  InvalidParameter: 'fatal',
  InvalidParameterCombination: 'fatal',
  InvalidParameterValue: 'fatal',
  'InvalidSecurityGroupID.NotFound': 'fatal',
  'InvalidSubnetID.NotFound': 'fatal',
  MissingParameter: 'fatal',
  OptInRequired: 'fatal',
  PendingVerification: 'fatal',
  UnauthorizedOperation: 'fatal',
  UnknownParameter: 'fatal',
  UnsupportedOperation: 'fatal',
  ValidationError: 'fatal',
};

/**
 * For an error that CreateFleet lists for one pool. There `InvalidFleetConfiguration` means a type that is not offered in
 * that zone, even beside machines that were started elsewhere.
 * Source: https://github.com/aws/karpenter-provider-aws/issues/6483
 */
export function poolFailure(code: string, message: string): LaunchFailure {
  const failure = launchFailure(code, message);
  return code === 'InvalidFleetConfiguration' ? { ...failure, class: 'unoffered' } : failure;
}

export function launchFailure(code: string, message: string): LaunchFailure {
  const known = Object.hasOwn(classes, code) ? classes[code] : undefined;
  return { class: known ?? 'unknown', code, message };
}

/** For an error that CreateFleet threw. */
export function answerOfError(error: unknown): LaunchAnswer {
  const { code, message } = describeError(error);
  const failure = launchFailure(code, message);
  return failure.class === 'unknown' || isServerFault(error)
    ? { kind: 'unclear', failure }
    : { kind: 'refused', failure };
}

/** For an error that any other call threw. */
export function operationalError(error: unknown, action: string): OperationalError {
  const { code, message } = describeError(error);
  return new OperationalError(`EC2 ${action} failed: ${code}: ${message}`, {
    code,
    retryable: launchFailure(code, message).class !== 'fatal',
    cause: error,
  });
}

export function describeError(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: 'Unknown', message: String(error) };
  return { code: error.name, message: error.message };
}

/** A 5xx says nothing about what was done before it, whatever its code. EC2 reports throttling as 503, too. */
function isServerFault(error: unknown): boolean {
  const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
  return status >= 500 && launchFailure(describeError(error).code, '').class !== 'throttled';
}
