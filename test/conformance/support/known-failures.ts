/**
 * Tests of the contracts that cannot hold on somebody else's stand-in, each with its reason. They are run all the same: one
 * that fails and is not here is a finding, and so is one that is here and passes.
 */

export interface KnownFailure {
  /** The test's whole name. */
  readonly test: string;
  readonly reason: string;
}

const compute = "compute on another's EC2";
const noToken = 'moto reads no ClientToken: a launch that is sent again starts machines again';

export const onMoto: readonly KnownFailure[] = [
  { test: `${compute} starts nothing more for the same request`, reason: noToken },
  { test: `${compute} returns an unclear result for a token of another request`, reason: noToken },
  { test: `${compute} starts nothing more for a launch whose answer was lost`, reason: noToken },
  {
    test: `${compute} says why it started fewer than asked for`,
    reason: 'moto always has machines and lists no errors beside them',
  },
  {
    test: `${compute} may fail to show a living machine`,
    reason: 'moto shows at once what it started',
  },
  {
    test: `${compute} ends a machine beside one that EC2 has forgotten`,
    reason: 'moto shows what has ended for ever',
  },
];

const storesHalves =
  'it stores text that is not valid Unicode. AWS does not document what the service does; the laptop refuses the ' +
  'whole call, which is worse';

export const onDynamoDbLocal: readonly KnownFailure[] = [
  {
    test: 'JobStore in DynamoDB insert says of a job alone that it holds half a character',
    reason: storesHalves,
  },
  {
    test: 'JobStore in DynamoDB insert records the end of one job beside another that holds half a character',
    reason: storesHalves,
  },
];
