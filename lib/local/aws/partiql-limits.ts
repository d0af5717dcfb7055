/**
 * What DynamoDB refuses of a batch of statements as a whole, and the engine does not.
 * Sources: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html,
 * https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchStatementRequest.html,
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.batching.html
 */
import { AwsError } from './service.ts';

const mostStatements = 25;
const longestStatement = 8_192;

/** @throws AwsError */
export function checkStatements({ Statements }: Readonly<Record<string, unknown>>): void {
  const texts = ((Statements ?? []) as readonly { Statement?: string }[]).map(
    ({ Statement = '' }) => Statement,
  );
  if (texts.length < 1 || texts.length > mostStatements) {
    refuse(`Value at 'statements' has ${texts.length} members; from 1 to ${mostStatements} are allowed.`);
  }
  const long = texts.find((text) => text.length > longestStatement);
  if (long !== undefined) {
    refuse(`A statement has ${long.length} characters; at most ${longestStatement} are allowed.`);
  }
  const reads = texts.filter((text) => /^\s*SELECT\b/i.test(text)).length;
  if (reads !== 0 && reads !== texts.length)
    refuse('Cannot mix reads and writes in one batch of statements.');
}

function refuse(message: string): never {
  throw new AwsError('ValidationException', message);
}
