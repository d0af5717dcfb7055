/** What each of EC2's errors means for a launch, and above all which of them prove that nothing was started. */
import { describe, expect, it } from '@jest/globals';
import { answerOfError, launchFailure, operationalError } from '../../../lib/adapters/ec2/errors.ts';

const thrown = (name: string, httpStatusCode: number) =>
  Object.assign(new Error('as EC2 said'), { name, $metadata: { httpStatusCode } });

describe('an error that CreateFleet throws', () => {
  it.each([
    { code: 'RequestLimitExceeded', status: 503, kind: 'refused', class: 'throttled' },
    { code: 'InsufficientInstanceCapacity', status: 400, kind: 'refused', class: 'capacity' },
    { code: 'VcpuLimitExceeded', status: 400, kind: 'refused', class: 'quota' },
    { code: 'UnauthorizedOperation', status: 403, kind: 'refused', class: 'fatal' },
    { code: 'InvalidLaunchTemplateName.NotFoundException', status: 400, kind: 'refused', class: 'fatal' },
    { code: 'InsufficientInstanceCapacity', status: 500, kind: 'unclear', class: 'capacity' },
    { code: 'IdempotentParameterMismatch', status: 400, kind: 'unclear', class: 'unknown' },
    { code: 'InternalError', status: 500, kind: 'unclear', class: 'unknown' },
    { code: 'TimeoutError', status: 0, kind: 'unclear', class: 'unknown' },
    { code: 'SomethingNew', status: 400, kind: 'unclear', class: 'unknown' },
    { code: 'toString', status: 400, kind: 'unclear', class: 'unknown' },
  ])('$code with $status is $kind, $class', ({ code, status, kind, class: expected }) => {
    expect(answerOfError(thrown(code, status))).toEqual({
      kind,
      failure: { class: expected, code, message: 'as EC2 said' },
    });
  });

  it('is unclear even if it is not an Error', () => {
    expect(answerOfError('odd')).toMatchObject({ kind: 'unclear', failure: { message: 'odd' } });
  });
});

describe('an error beside started machines', () => {
  it.each([
    ['UnfulfillableCapacity', 'capacity'],
    ['SpotMaxPriceTooLow', 'capacity'],
    ['InsufficientFreeAddressesInSubnet', 'capacity'],
    ['Unsupported', 'capacity'],
    ['MaxSpotInstanceCountExceeded', 'quota'],
    ['MaxFleetCountExceeded', 'quota'],
    ['SomethingNew', 'unknown'],
  ])('%s is of class %s', (code, expected) => {
    expect(launchFailure(code, '').class).toBe(expected);
  });
});

describe('an error of any other call', () => {
  it('is retryable unless it can never work', () => {
    expect(operationalError(thrown('RequestLimitExceeded', 503), 'DescribeInstances').retryable).toBe(true);
    expect(operationalError(thrown('SomethingNew', 400), 'DescribeInstances').retryable).toBe(true);
    expect(operationalError(thrown('UnauthorizedOperation', 403), 'DescribeInstances').retryable).toBe(false);
  });
});
