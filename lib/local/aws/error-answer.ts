/**
 * An AwsError in the caller's protocol, so that every SDK reads its code and its message: AWS JSON, EC2's XML, or the
 * query protocol's XML. Codes with a different spelling in XML are translated here, in one table.
 */
import { type AwsAnswer, type AwsCall, AwsError } from './service.ts';
import { escapeXml } from './xml.ts';

/** SQS's JSON code → its older one, which XML uses, and which JSON callers get in a header. */
const olderSqsCodes: Readonly<Record<string, string>> = {
  QueueDoesNotExist: 'AWS.SimpleQueueService.NonExistentQueue',
  QueueNameExists: 'QueueAlreadyExists',
  EmptyBatchRequest: 'AWS.SimpleQueueService.EmptyBatchRequest',
  TooManyEntriesInBatchRequest: 'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
  BatchEntryIdsNotDistinct: 'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
  MessageNotInflight: 'AWS.SimpleQueueService.MessageNotInflight',
};

/** JSON code → the code in XML. */
const queryCodes: Readonly<Record<string, string>> = {
  ...olderSqsCodes,
  AccessDeniedException: 'AccessDenied',
  UnrecognizedClientException: 'InvalidClientTokenId',
  InvalidSignatureException: 'SignatureDoesNotMatch',
  MissingAuthenticationTokenException: 'MissingAuthenticationToken',
  UnknownOperationException: 'InvalidAction',
};

/** EC2 has its own codes for the same refusals. */
const ec2Codes: Readonly<Record<string, string>> = {
  ...queryCodes,
  UnrecognizedClientException: 'AuthFailure',
  AccessDeniedException: 'UnauthorizedOperation',
};

const s3Codes: Readonly<Record<string, string>> = {
  ...queryCodes,
  UnrecognizedClientException: 'InvalidAccessKeyId',
};

/** Refusals of the caller are 403 in XML, 400 in JSON. */
const refusals = new Set([
  'AccessDeniedException',
  'UnrecognizedClientException',
  'InvalidSignatureException',
  'MissingAuthenticationTokenException',
]);

export function errorAnswer(
  error: AwsError,
  to: { readonly protocol: AwsCall['protocol']; readonly service: string; readonly requestId: string },
): AwsAnswer {
  const { code, message, status } = error;
  if (to.protocol === 'json') {
    const older = to.service === 'sqs' ? olderSqsCodes[code] : undefined;
    return {
      status,
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        ...(older === undefined ? {} : { 'x-amzn-query-error': `${older};Sender` }),
      },
      body: JSON.stringify({ __type: code, message }),
    };
  }
  const codes = to.service === 'ec2' ? ec2Codes : to.service === 's3' ? s3Codes : queryCodes;
  const inner = `<Code>${codes[code] ?? code}</Code><Message>${escapeXml(message)}</Message>`;
  const fault = status >= 500 ? 'Receiver' : 'Sender';
  const id = `<RequestId>${to.requestId}</RequestId>`;
  const xml = xmlError(to.service, { inner, fault, id, requestId: to.requestId });
  return {
    status: refusals.has(code) ? 403 : status,
    headers: { 'content-type': 'text/xml;charset=UTF-8' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`,
  };
}

function xmlError(
  service: string,
  { inner, fault, id, requestId }: Readonly<Record<'inner' | 'fault' | 'id' | 'requestId', string>>,
): string {
  if (service === 's3') return `<Error>${inner}${id}</Error>`;
  return service === 'ec2'
    ? `<Response><Errors><Error>${inner}</Error></Errors><RequestID>${requestId}</RequestID></Response>`
    : `<ErrorResponse><Error><Type>${fault}</Type>${inner}</Error>${id}</ErrorResponse>`;
}

/** Any other thrown value is a fault of the stand-in itself, and reported as one. */
export function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new AwsError('InternalFailure', `The laptop's AWS failed within itself: ${text}`, 500);
}
