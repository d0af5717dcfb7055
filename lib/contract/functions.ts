/**
 * Every function of the platform: its memory, its timeout, and whether it has a public URL. Its folder in lambdas/ and,
 * after the environment's prefix, the function itself have the same name.
 */
export interface FunctionSettings {
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  /** Whether it has its own function URL. */
  readonly url: boolean;
}

export const functionSettings = {
  webhook: {
    description: "Verifies GitHub's webhooks and puts each on its queue",
    timeoutSeconds: 10,
    // It waits for one send, and needs half of this; the largest request that Lambda passes on, 6 MB, fits in the rest.
    memoryMegabytes: 160,
    url: true,
  },
  'tenant-manager': {
    description: 'Keeps the tenants in sync with the installations of the App',
    timeoutSeconds: 20,
    memoryMegabytes: 256,
    url: false,
  },
  'scale-up': {
    description: 'Takes leases for waiting jobs and launches their machines',
    timeoutSeconds: 20,
    // It mostly waits for EC2, and memory costs money meanwhile. It needs two thirds of this (docs/BENCHMARKS.md).
    memoryMegabytes: 144,
    url: false,
  },
  claim: {
    description: 'Gives a booted machine its job',
    timeoutSeconds: 25,
    // As scale-up, it mostly waits for calls; one that answers many machines needs 110 of these.
    memoryMegabytes: 176,
    url: true,
  },
  admission: {
    description: 'Asks external admission controllers',
    // 25 s in which a run receives messages; then a controller's longest timeout, after two calls to GitHub of 4 s
    // at most.
    timeoutSeconds: 45,
    memoryMegabytes: 256,
    url: false,
  },
  lifecycle: {
    description: 'Follows jobs and machines to their ends and frees leases',
    timeoutSeconds: 20,
    // As scale-up, it mostly waits for calls.
    memoryMegabytes: 128,
    url: false,
  },
  sweep: {
    description: 'Repairs overdue launches, machines and jobs',
    timeoutSeconds: 55,
    memoryMegabytes: 256,
    url: false,
  },
  reconciler: {
    description: 'Compares the records with GitHub and EC2, and repairs what events missed',
    timeoutSeconds: 240,
    memoryMegabytes: 512,
    url: false,
  },
  'runner-syncer': {
    description: "Keeps the platform's own copy of GitHub's runner program up to date",
    // Streams two archives of about 200 MB each; a function's bandwidth grows with its memory.
    timeoutSeconds: 600,
    memoryMegabytes: 512,
    url: false,
  },
  setup: {
    description: "Serves the setup page that creates the GitHub App, to holders of the operator's link",
    timeoutSeconds: 60,
    memoryMegabytes: 256,
    url: true,
  },
  'admission-api': {
    description: 'Lets administrators manage admission controllers, and controllers answer questions',
    // A controller's request for questions waits for up to 20 s of it.
    timeoutSeconds: 29,
    memoryMegabytes: 256,
    url: true,
  },
} as const satisfies Record<string, FunctionSettings>;

export type FunctionName = keyof typeof functionSettings;

export const functionNames = Object.keys(functionSettings) as FunctionName[];
