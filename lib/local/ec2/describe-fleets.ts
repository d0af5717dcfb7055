/**
 * DescribeFleets, of instant fleets by their ids: what each started, and why no more, as CreateFleet answered.
 * Source: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_FleetData.html
 */
import { AwsError } from '../aws/service.ts';
import type { Ec2Account } from './account.ts';
import { type Form, texts } from './form.ts';
import type { Members } from './xml.ts';

/** @throws AwsError for a fleet that is not shown (yet) */
export function describeFleets(
  { fleets }: Ec2Account,
  request: Form,
  isShown: (fleet: { readonly createdAt: number }) => boolean,
): Members {
  const found = texts(request, 'FleetId').map((fleetId) => {
    const fleet = fleets.get(fleetId);
    if (fleet && isShown(fleet)) return { fleetId, ...fleet };
    throw new AwsError('InvalidFleetId.NotFound', `The fleet ID '${fleetId}' does not exist`);
  });
  return {
    fleetSet: found.map(({ fleetId, answer: { errorSet, fleetInstanceSet } }) => ({
      fleetId,
      type: 'instant',
      fleetState: 'active',
      errorSet,
      fleetInstanceSet,
    })),
  };
}
