/**
 * Stands in for '@jest/globals' where one process runs the same tests thousands of times, once for each mutant. It collects
 * tests as Jest does, with Jest's own `expect` and `each`, and runs those that are asked for, in order.
 */
import { bind } from 'jest-each';
import { expect as expectOne } from './expect-one.ts';

type Step = () => unknown;
type HookName = 'beforeAll' | 'beforeEach' | 'afterEach' | 'afterAll';

export interface Suite {
  readonly title: string;
  readonly parent: Suite | undefined;
  readonly hooks: Record<HookName, Step[]>;
  readonly items: (Suite | Test)[];
}

export interface Test {
  /** Its file, describes and title. */
  readonly id: string;
  readonly title: string;
  readonly suite: Suite;
  readonly run: Step;
}

let suite = newSuite('', undefined);
let ids = new Set<string>();

function newSuite(title: string, parent: Suite | undefined): Suite {
  return { title, parent, hooks: { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] }, items: [] };
}

/** What the file declares while it is loaded. */
export async function collect(file: string, load: () => Promise<unknown>): Promise<Suite> {
  suite = newSuite(file, undefined);
  ids = new Set();
  await load();
  return suite;
}

const pathOf = ({ title, parent }: Suite): string => (parent ? `${pathOf(parent)} › ${title}` : title);

/** Two tests may have the same title: the later one's is numbered. */
function uniqueId(title: string): string {
  const id = `${pathOf(suite)} › ${title}`;
  const unique = ids.has(id) ? `${id} (${ids.size})` : id;
  ids.add(unique);
  return unique;
}

function describeOne(title: string, declare: Step): void {
  const outer = suite;
  suite = newSuite(title, outer);
  outer.items.push(suite);
  declare();
  suite = outer;
}

function itOne(title: string, run: Step): void {
  suite.items.push({ id: uniqueId(title), title, suite, run });
}

const hook = (name: HookName) => (step: Step) => void suite.hooks[name].push(step);

export const describe = Object.assign(describeOne, { each: bind(describeOne, false) });
export const it = Object.assign(itOne, { each: bind(itOne, false) });
export const test = it;
export const expect = expectOne;
export const beforeAll = hook('beforeAll');
export const beforeEach = hook('beforeEach');
export const afterEach = hook('afterEach');
export const afterAll = hook('afterAll');

export const testsIn = (of: Suite): Test[] =>
  of.items.flatMap((item) => ('items' in item ? testsIn(item) : [item]));

export interface Observer {
  readonly isWanted: (test: Test) => boolean;
  /** Before each test, and before the hooks of all of `tests`. */
  readonly begin: (tests: readonly Test[]) => void;
  /** @returns whether to go on */
  readonly end: (test: Test, failure: unknown, milliseconds: number) => boolean;
}

/** @returns whether to go on */
export async function runSuite(of: Suite, observer: Observer): Promise<boolean> {
  const wanted = testsIn(of).filter(observer.isWanted);
  const [first] = wanted;
  if (!first) return true;
  observer.begin(wanted);
  const failure = await failureOf(of.hooks.beforeAll);
  let goesOn = failure === undefined || observer.end(first, failure, 0);
  for (const item of failure === undefined ? of.items : []) {
    if (!goesOn) break;
    if ('items' in item) goesOn = await runSuite(item, observer);
    else if (observer.isWanted(item)) goesOn = await runTest(item, observer);
  }
  observer.begin(wanted);
  const late = await failureOf(of.hooks.afterAll);
  return late === undefined ? goesOn : observer.end(first, late, 0);
}

async function runTest(one: Test, observer: Observer): Promise<boolean> {
  const suites = around(one.suite);
  const before = suites.toReversed().flatMap(({ hooks }) => hooks.beforeEach);
  const after = suites.flatMap(({ hooks }) => hooks.afterEach);
  observer.begin([one]);
  const begun = performance.now();
  expectOne.extractExpectedAssertionsErrors();
  const failure = await failureOf([...before, one.run]);
  const miscounted = await failureOf([expectCounted]);
  const late = await failureOf(after);
  return observer.end(one, failure ?? miscounted ?? late, performance.now() - begun);
}

/** What `expect.assertions` and `expect.hasAssertions` asked for, which belongs to this test alone. */
function expectCounted(): void {
  const [missed] = expectOne.extractExpectedAssertionsErrors();
  if (missed) throw missed.error;
}

/** From the inside out. */
const around = (of: Suite): Suite[] => [of, ...(of.parent ? around(of.parent) : [])];

async function failureOf(steps: readonly Step[]): Promise<unknown> {
  try {
    for (const step of steps) await step();
    return undefined;
  } catch (error) {
    return error ?? new Error('A test threw nothing.');
  }
}
