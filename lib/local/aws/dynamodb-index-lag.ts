/**
 * Global indexes that lag behind their table: a query lacks the items that a write placed anew in the index a moment ago. An
 * entry that a write took away is not shown for longer: it would be for a reader that trusts an index, and none does.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.Writes
 */
import { itemsOf, type KeyRegistry, wholeKey } from './dynamodb-keys.ts';
import { attributesSet } from './dynamodb-set-attributes.ts';
import { type JsonAnswer, json } from './dynamodb-throttle.ts';
import type { AwsCall } from './service.ts';

type Fields = Readonly<Record<string, unknown>>;
type Handle = (input: AwsCall['input']) => Promise<JsonAnswer>;

/** Then the oldest are forgotten, and count as shown. */
const mostWrites = 10_000;

export class IndexLag {
  /** 0: a query shows every write before it. */
  milliseconds = 0;
  /** When an item was last placed in an index, as `index item`. */
  readonly #placedAt = new Map<string, number>();

  async handle(call: AwsCall, tables: KeyRegistry, handle: Handle): Promise<JsonAnswer> {
    if (this.milliseconds === 0) return handle(call.input);
    const answer = await handle(call.input);
    if (answer.status !== 200) return answer;
    if (call.action === 'Query') return this.#shown(call.input, tables, answer);
    this.#note(call, tables, answer);
    return answer;
  }

  #note(call: AwsCall, tables: KeyRegistry, answer: JsonAnswer): void {
    const set = attributesSet(call, tables);
    const refused = refusedIn(call, answer);
    for (const [n, item] of itemsOf(call, tables).entries()) {
      if (refused[n]) continue;
      const keys = item === undefined ? undefined : tables.get(item.slice(0, item.indexOf(' ')));
      for (const [index, attributes] of keys?.globalIndexes ?? []) {
        if (attributes.some((name) => set[n]?.includes(name))) this.#place(`${index} ${item}`);
      }
    }
  }

  #place(name: string): void {
    this.#placedAt.delete(name);
    this.#placedAt.set(name, performance.now());
    const [oldest] = this.#placedAt.keys();
    if (this.#placedAt.size > mostWrites && oldest !== undefined) this.#placedAt.delete(oldest);
  }

  #shown(input: Fields, tables: KeyRegistry, answer: JsonAnswer): JsonAnswer {
    const [table, index] = [String(input['TableName']), String(input['IndexName'])];
    const keys = tables.get(table);
    if (!keys?.globalIndexes.has(index)) return answer;
    const { Items = [], ...rest } = JSON.parse(answer.body) as { Items?: Fields[] };
    const since = performance.now() - this.milliseconds;
    const isShown = (item: Fields) => {
      const key = wholeKey(
        table,
        keys.primary.map((name) => item[name]),
      );
      return (this.#placedAt.get(`${index} ${key}`) ?? Number.NEGATIVE_INFINITY) <= since;
    };
    const shown = Items.filter(isShown);
    const { body } = json(200, { ...rest, Items: shown, Count: shown.length });
    return { ...answer, body };
  }
}

/** Which statements of a batch wrote nothing. */
function refusedIn({ action }: AwsCall, { body }: JsonAnswer): boolean[] {
  if (action !== 'BatchExecuteStatement') return [];
  const { Responses = [] } = JSON.parse(body) as { Responses?: Fields[] };
  return Responses.map((response) => 'Error' in response);
}
