/**
 * Whether S3 would call a bucket policy public, which Block Public Access refuses: it allows everyone, and no condition
 * restricts that to fixed networks, accounts or endpoints.
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
import type { PolicyDocument, PolicyStatement } from '../service.ts';

const narrowing = [
  'aws:sourcearn',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:sourceowner',
  'aws:sourceaccount',
  'aws:principalorgid',
  'aws:principalaccount',
];
const positive = ['StringEquals', 'StringEqualsIgnoreCase', 'StringLike', 'ArnEquals', 'ArnLike'];

export function isPublic({ Statement }: PolicyDocument): boolean {
  return [Statement].flat().some((statement) => statement.Effect === 'Allow' && isOpen(statement));
}

export const namesEveryone = ({ Principal }: PolicyStatement) =>
  Principal === '*' || JSON.stringify(Principal) === '{"AWS":"*"}';

/** The AWS service that a statement names. */
export function serviceOf({ Principal }: PolicyStatement): string | undefined {
  const { Service } = (typeof Principal === 'object' && Principal !== null ? Principal : {}) as {
    Service?: unknown;
  };
  return typeof Service === 'string' ? Service : undefined;
}

function isOpen(statement: PolicyStatement): boolean {
  if (!namesEveryone(statement)) return false;
  const isNarrowed = Object.entries(statement.Condition ?? {}).some(
    ([operator, keys]) =>
      positive.includes(operator) &&
      Object.entries(keys).some(([key, values]) => narrowing.includes(key.toLowerCase()) && areFixed(values)),
  );
  return !isNarrowed;
}

const areFixed = (values: string | readonly string[] | boolean) =>
  [values].flat().every((value) => !/[*?]|\$\{/.test(String(value)));
