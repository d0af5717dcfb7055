/**
 * What a test file left behind in its process, for the file that runs there next: changed globals, listeners of the
 * process, another folder, timers, servers and processes that are still there. A file that leaves something has failed.
 */
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';

type Properties = ReadonlyMap<PropertyKey, PropertyDescriptor>;

export interface Surroundings {
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly folder: string;
  readonly fileMode: number;
  readonly args: readonly string[];
  readonly listeners: readonly { readonly event: string; readonly listener: unknown }[];
  readonly globals: ReadonlyMap<string, Properties>;
  /** What keeps the process alive, by its kind. */
  readonly resources: readonly string[];
}

export function surroundings(): Surroundings {
  return {
    environment: { ...process.env },
    folder: process.cwd(),
    fileMode: process.umask(),
    args: [...process.argv],
    listeners: listenersNow(),
    globals: globalsNow(),
    resources: process.getActiveResourcesInfo(),
  };
}

/** Puts the environment and the status back, which commands change, and names what else is not as it was. */
export async function leftovers(before: Surroundings, restSeconds: number): Promise<readonly string[]> {
  restoreEnvironment(before.environment);
  process.exitCode = undefined;
  const resources = await resourcesAtRest(before.resources, restSeconds);
  const now = surroundings();
  const found = [
    ...(now.folder === before.folder ? [] : [`the folder ${now.folder}`]),
    ...(now.fileMode === before.fileMode ? [] : ['another mode for new files']),
    ...(isDeepStrictEqual(now.args, before.args) ? [] : ['other arguments']),
    ...changedListeners(before.listeners, now.listeners),
    ...changedGlobals(before.globals, now.globals),
    ...resources,
  ];
  return found.filter((left) => !ofModules.some((pattern) => pattern.test(left)));
}

/** What packages set when they are first loaded, once for a process. None of it depends on the tests. */
const ofModules = [
  /^globalThis\.(awslambda|__zod_global(Config|Registry)|__cdkTokenMap)$/,
  /^globalThis\.Symbol\((@aws-cdk\/core|graceful-fs\.queue)/,
  /^(__cdkTokenMap\.tokenCounter|awslambda\.InvokeStore)$/,
  /^process on exit: .*CloudAssembly\.cleanupTemporaryDirectories/,
  // Of graceful-fs: they remember the folder, which is compared.
  /^process\.(chdir|cwd)$/,
  // Node makes it when it is first read.
  /^process\.allowedNodeEnvironmentFlags$/,
];

/** In place: Node itself reads some of the real environment. */
function restoreEnvironment(before: Readonly<NodeJS.ProcessEnv>): void {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  for (const [name, value] of Object.entries(before)) {
    if (process.env[name] !== value) process.env[name] = value;
  }
}

/** What was not there before, once nothing of it is left or the time is over. */
async function resourcesAtRest(before: readonly string[], seconds: number): Promise<string[]> {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const left = process.getActiveResourcesInfo();
    for (const kind of before) if (left.includes(kind)) left.splice(left.indexOf(kind), 1);
    if (left.length === 0 || performance.now() > until) return left;
    await setTimeout(5);
  }
}

const listenersNow = (): Surroundings['listeners'] =>
  process
    .eventNames()
    .flatMap((event) =>
      process.rawListeners(String(event)).map((listener) => ({ event: String(event), listener })),
    );

/** Those that came or went. */
function changedListeners(before: Surroundings['listeners'], now: Surroundings['listeners']): string[] {
  const without = (some: Surroundings['listeners'], others: Surroundings['listeners']) =>
    some.filter(
      (one) => !others.some((other) => other.event === one.event && other.listener === one.listener),
    );
  return [...without(now, before), ...without(before, now)].map(
    ({ event, listener }) => `process on ${event}: ${String(listener)}`,
  );
}

/** The properties of all that is global, and of its prototypes. */
function globalsNow(): Surroundings['globals'] {
  const all: [string, unknown][] = Object.getOwnPropertyNames(globalThis).flatMap((name) => {
    const value: unknown = Object.getOwnPropertyDescriptor(globalThis, name)?.value;
    if (value === globalThis) return [];
    return typeof value === 'function'
      ? [
          [name, value],
          [`${name}.prototype`, value.prototype],
        ]
      : [[name, value]];
  });
  all.push(['globalThis', globalThis], ['process', process]);
  for (const name of ['stdout', 'stderr'] as const) {
    all.push([`process.${name}`, { write: process[name].write }]);
  }
  return new Map(all.filter(isObject).map(([name, object]) => [name, propertiesOf(object)]));
}

const isObject = (entry: [string, unknown]): entry is [string, object] =>
  typeof entry[1] === 'function' || (typeof entry[1] === 'object' && entry[1] !== null);

/** Listeners are compared one by one. */
const ofEmitters: readonly PropertyKey[] = ['_events', '_eventsCount'];

const propertiesOf = (object: object): Properties =>
  new Map(
    Reflect.ownKeys(object)
      .filter((key) => !ofEmitters.includes(key))
      .map((key) => [key, Reflect.getOwnPropertyDescriptor(object, key)!]),
  );

function changedGlobals(before: Surroundings['globals'], now: Surroundings['globals']): string[] {
  return [...now].flatMap(([name, properties]) => {
    const was = before.get(name);
    // What is new is a property of `globalThis` too.
    if (was === undefined) return [];
    return [...new Set([...was.keys(), ...properties.keys()])]
      .filter((key) => !isSame(was.get(key), properties.get(key)))
      .map((key) => `${name}.${String(key)}`);
  });
}

const isSame = (one: PropertyDescriptor | undefined, other: PropertyDescriptor | undefined) =>
  one !== undefined &&
  other !== undefined &&
  Object.is(one.value, other.value) &&
  one.get === other.get &&
  one.set === other.set;
