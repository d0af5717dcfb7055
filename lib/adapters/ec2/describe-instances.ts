/** All machines that match some filters, page by page. A machine that EC2 does not show is left out; that proves nothing. */
import { DescribeInstancesCommand, type EC2Client, type Filter, type Instance } from '@aws-sdk/client-ec2';
import { operationalError } from './errors.ts';

/** More machines than one launch or one sweep ever has; a page has up to 1,000. */
const maxPages = 10;

/** @throws OperationalError, also if there are more pages than any caller expects */
export async function describeInstances(client: EC2Client, filters: Filter[]): Promise<Instance[]> {
  const found: Instance[] = [];
  let cursor: string | undefined;
  try {
    for (let page = 0; page < maxPages; page += 1) {
      const input = { Filters: filters, MaxResults: 1000, ...(cursor ? { NextToken: cursor } : {}) };
      const { Reservations = [], NextToken } = await client.send(new DescribeInstancesCommand(input));
      found.push(...Reservations.flatMap((reservation) => reservation.Instances ?? []));
      cursor = NextToken || undefined;
      if (!cursor) return found;
    }
  } catch (error) {
    throw operationalError(error, 'DescribeInstances');
  }
  throw operationalError(new Error(`More than ${maxPages} pages match.`), 'DescribeInstances');
}
