/**
 * Cost Explorer: which tags have been on a bill, which are active, backfills, and costs by day. Dials set which tags
 * a bill has seen, whether this account pays its own bill, and what is really charged.
 * Sources:
 * https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_UpdateCostAllocationTagsStatus.html,
 * API_ListCostAllocationTags.html and API_StartCostAllocationTagBackfill.html there; what a linked account gets:
 * https://github.com/2i2c-org/infrastructure/pull/4932
 */
import { type BillDials, usualBill } from '../bill/bill-items.ts';
import type { BillLine } from '../bill/bill-lines.ts';
import { type ActiveTag, getCostAndUsage } from './cost-and-usage.ts';
import { jsonAnswer, requireText, unknownAction } from './json-answer.ts';
import { type AwsCall, AwsError, type AwsService } from './service.ts';

export interface CostExplorerDials extends Partial<BillDials> {
  /** Tag keys that have been on a bill; all others are unknown. */
  readonly billed?: readonly string[];
  /** Another account pays this one's bill. */
  readonly isLinked?: boolean;
}

export interface CostExplorerService extends AwsService {
  setDials(dials: CostExplorerDials): void;
  /** Since when the bill has each tag. */
  activeTags(): ReadonlyMap<string, ActiveTag>;
  /** What is on the bill now. */
  lines(): readonly BillLine[];
  /** Another account pays this one's bill. */
  isLinked(): boolean;
}

/** @throws Error that says what is allowed */
export function readBillDials(json: unknown): CostExplorerDials {
  const { billed, isLinked, ...numbers } = json as Record<string, unknown>;
  const others = Object.entries(numbers).filter(
    ([name, value]) => !(name in usualBill) || typeof value !== 'number',
  );
  const isList = Array.isArray(billed) && billed.every((key) => typeof key === 'string');
  const fits = (billed === undefined || isList) && ['undefined', 'boolean'].includes(typeof isLinked);
  if (fits && others.length === 0) return json as CostExplorerDials;
  throw new Error(
    `The dials of the bill are billed, a list of tag keys, isLinked, true or false, and the numbers ${Object.keys(usualBill).join(', ')}.`,
  );
}

type Input = AwsCall['input'];

/** Without milliseconds, as the service's model has it. */
const timeOf = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);

const mostTagsAtOnce = 20;
const day = 86_400_000;

/** @param lines what is on the bill now */
export function createCostExplorerService(
  now: () => number = Date.now,
  lines: (bill: BillDials) => readonly BillLine[] = () => [],
): CostExplorerService {
  const tags = new Map<string, { isActive: boolean; updatedAt?: number }>();
  let bill = usualBill;
  let isLinked = false;
  let backfilledAt: number | undefined;
  const backfilledFrom: string[] = [];

  const refuseLinked = (what: string) => {
    if (!isLinked) return;
    throw new AwsError(
      'AccessDeniedException',
      `Failed to ${what}: Linked account doesn't have access to cost allocation tags.`,
    );
  };
  /** Since when the bill has each tag: a backfill reaches back further than its activation. */
  const activeTags = () =>
    new Map(
      [...tags].flatMap(([key, { isActive, updatedAt = 0 }]) =>
        isActive ? [[key, { from: [dayOf(updatedAt), ...backfilledFrom].toSorted()[0]! }] as const] : [],
      ),
    );
  const actions: Readonly<Record<string, (input: Input) => object>> = {
    GetCostAndUsage: (input) => getCostAndUsage(input, { lines: lines(bill), active: activeTags() }),
    ListCostAllocationTags(input) {
      refuseLinked('list Cost Allocation Tags');
      const { Status, Type = 'UserDefined', TagKeys } = input as Record<string, unknown>;
      const asked = TagKeys as readonly string[] | undefined;
      const CostAllocationTags = [...tags]
        .map(([TagKey, { isActive, updatedAt }]) => ({
          TagKey,
          Type: 'UserDefined',
          Status: isActive ? 'Active' : 'Inactive',
          ...(updatedAt === undefined ? {} : { LastUpdatedDate: timeOf(updatedAt) }),
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
      backfilledFrom.push(BackfillFrom.slice(0, 10));
      const RequestedAt = timeOf(backfilledAt);
      return { BackfillRequest: { BackfillFrom, RequestedAt, BackfillStatus: 'PROCESSING' } };
    },
  };

  return {
    service: 'ce',
    // None of these actions names a resource.
    questions: ({ action }) => [{ action: `ce:${action}`, resource: '*', context: {} }],
    async handle({ action, input }) {
      const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
      if (!act) throw unknownAction('Cost Explorer', action, Object.keys(actions));
      return jsonAnswer(act(input));
    },
    activeTags,
    lines: () => lines(bill),
    isLinked: () => isLinked,
    setDials({ billed = [], isLinked: linked, ...ofBill }) {
      bill = { ...bill, ...ofBill };
      for (const key of billed) if (!tags.has(key)) tags.set(key, { isActive: false });
      if (linked !== undefined) isLinked = linked;
    },
  };
}
