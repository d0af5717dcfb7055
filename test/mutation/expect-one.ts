/**
 * Jest's `expect`, where a value gets only the matcher that a test asks for. Jest's own makes all of them for each value, in six
 * forms: some 200 functions, which take three quarters of the time of an expectation that is met.
 */
import { expect as expectAll } from 'expect';

type Given = Parameters<typeof expectAll>;

/** Where the package keeps its matchers, for all copies of it in one process. */
const kept = Symbol.for('$$jest-matchers-object');
const shared = (globalThis as unknown as Record<symbol, { matchers: Readonly<Record<string, unknown>> }>)[
  kept
]!;

export const expect = Object.assign((...given: Given) => formOf(given, []), expectAll) as typeof expectAll;

/** @param words those behind the value so far: none, `not`, `rejects`, or `rejects.not` */
const formOf = (given: Given, words: readonly string[]): object =>
  new Proxy(
    {},
    {
      get: (_, word: string) =>
        ['not', 'resolves', 'rejects'].includes(word)
          ? formOf(given, [...words, word])
          : matcherOf(given, words, word),
    },
  );

function matcherOf(given: Given, words: readonly string[], name: string): unknown {
  const all = shared.matchers;
  if (!(name in all)) return undefined;
  // Jest's `expect` makes those that it finds here, and calls nothing of a test meanwhile.
  shared.matchers = { [name]: all[name] };
  try {
    return [...words, name].reduce(
      (found, word) => (found as Record<string, unknown>)[word],
      expectAll(...given) as unknown,
    );
  } finally {
    shared.matchers = all;
  }
}
