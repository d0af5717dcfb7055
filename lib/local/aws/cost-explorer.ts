/**
 * Cost Explorer, as far as tags are activated by it: which keys were on a bill, which are active, and backfills. What a bill
 * has seen and whether this account pays its own are dials; nothing is billed by itself.
 * Sources: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_UpdateCostAllocationTagsStatus.html,
 * API_ListCostAllocationTags.html and API_StartCostAllocationTagBackfill.html there; what a linked account is told:
 * https://github.com/2i2c-org/infrastructure/pull/4932
 */
import { jsonAnswer, requireText, unknownAction } from './json-answer.ts';
import { type AwsCall, AwsError, type AwsService } from './service.ts';

export interface CostExplorerDials {
  /** Tag keys that have been on a bill: all others are unknown. */
  readonly billed?: readonly string[];
  /** Another account pays this one's bill. */
  readonly isLinked?: boolean;
}

export interface CostExplorerService extends AwsService {
  setDials(dials: CostExplorerDials): void;
}

/** @throws Error that says what is allowed */
export function readBillDials(json: unknown): CostExplorerDials {
  const { billed, isLinked, ...others } = json as Record<string, unknown>;
  const isList = Array.isArray(billed) && billed.every((key) => typeof key === 'string');
  const fits = (billed === undefined || isList) && ['undefined', 'boolean'].includes(typeof isLinked);
  if (fits && Object.keys(others).length === 0) return json as CostExplorerDials;
  throw new Error('The dials of the bill are billed, a list of tag keys, and isLinked, true or false.');
}

type Input = AwsCall['input'];

const mostTagsAtOnce = 20;
const day = 86_400_000;

export function createCostExplorerService(now: () => number = Date.now): CostExplorerService {
  const tags = new Map<string, { isActive: boolean; updatedAt?: number }>();
  let isLinked = false;
  let backfilledAt: number | undefined;

  const refuseLinked = (what: string) => {
    if (!isLinked) return;
    throw new AwsError(
      'AccessDeniedException',
      `Failed to ${what}: Linked account doesn't have access to cost allocation tags.`,
    );
  };
  const actions: Readonly<Record<string, (input: Input) => object>> = {
    ListCostAllocationTags(input) {
      refuseLinked('list Cost Allocation Tags');
      const { Status, Type = 'UserDefined', TagKeys } = input as Record<string, unknown>;
      const asked = TagKeys as readonly string[] | undefined;
      const CostAllocationTags = [...tags]
        .map(([TagKey, { isActive, updatedAt }]) => ({
          TagKey,
          Type: 'UserDefined',
          Status: isActive ? 'Active' : 'Inactive',
          ...(updatedAt === undefined ? {} : { LastUpdatedDate: new Date(updatedAt).toISOString() }),
        }))
        .filter((tag) => asked?.includes(tag.TagKey) ?? true)
        .filter((tag) => tag.Type === Type && (Status === undefined || tag.Status === Status));
      return { CostAllocationTags };
    },
    UpdateCostAllocationTagsStatus(input) {
      refuseLinked('update Cost Allocation Tag');
      const entries = input['CostAllocationTagsStatus'] as readonly { TagKey: string; Status: string }[];
      if (!Array.isArray(entries) || entries.length < 1 || entries.length > mostTagsAtOnce)
        throw new AwsError(
          'ValidationException',
          `CostAllocationTagsStatus takes 1 to ${mostTagsAtOnce} tags.`,
        );
      const Errors = entries.flatMap(({ TagKey, Status }) => {
        if (!tags.has(TagKey))
          return [{ TagKey, Code: 'TagKeysNotFoundException', Message: 'Tag keys not found' }];
        tags.set(TagKey, { isActive: Status === 'Active', updatedAt: now() });
        return [];
      });
      return { Errors };
    },
    StartCostAllocationTagBackfill(input) {
      refuseLinked('start a backfill of Cost Allocation Tags');
      const BackfillFrom = requireText(input, 'BackfillFrom');
      const from = new Date(BackfillFrom);
      const earliest = new Date(now());
      earliest.setUTCMonth(earliest.getUTCMonth() - 12);
      const isFirstOfMonth = /^\d{4}-\d\d-01T00:00:00Z$/.test(BackfillFrom);
      if (!isFirstOfMonth || from.getTime() > now() || from < earliest)
        throw new AwsError(
          'ValidationException',
          `BackfillFrom is ${BackfillFrom}; it must be the first day of a month of the last twelve.`,
        );
      if (backfilledAt !== undefined && now() < backfilledAt + day)
        throw new AwsError(
          'BackfillLimitExceededException',
          'A backfill was requested within the last 24 hours.',
        );
      backfilledAt = now();
      const RequestedAt = new Date(backfilledAt).toISOString();
      return { BackfillRequest: { BackfillFrom, RequestedAt, BackfillStatus: 'PROCESSING' } };
    },
  };

  return {
    service: 'ce',
    // None of these actions is about a resource.
    questions: ({ action }) => [{ action: `ce:${action}`, resource: '*', context: {} }],
    async handle({ action, input }) {
      const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
      if (!act) throw unknownAction('Cost Explorer', action, Object.keys(actions));
      return jsonAnswer(act(input));
    },
    setDials({ billed = [], isLinked: linked }) {
      for (const key of billed) if (!tags.has(key)) tags.set(key, { isActive: false });
      if (linked !== undefined) isLinked = linked;
    },
  };
}
