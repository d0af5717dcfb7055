/** What the stand-ins that speak AWS JSON share: an answer, and the error for an action they do not have. */
import { type AwsAnswer, AwsError } from './service.ts';

export function jsonAnswer(value: unknown, version: '1.0' | '1.1' = '1.1'): AwsAnswer {
  return {
    status: 200,
    headers: { 'content-type': `application/x-amz-json-${version}` },
    body: JSON.stringify(value),
  };
}

export function unknownAction(service: string, action: string, known: readonly string[]): AwsError {
  return new AwsError(
    'UnknownOperationException',
    `The laptop's ${service} has no ${action}; it has ${[...known].sort().join(', ')}.`,
  );
}

/** @throws AwsError where the field is not a text */
export function requireText(input: Readonly<Record<string, unknown>>, field: string): string {
  const value = input[field];
  if (typeof value === 'string' && value !== '') return value;
  throw new AwsError('ValidationException', `${field} is ${JSON.stringify(value)}; it must be a text.`);
}
