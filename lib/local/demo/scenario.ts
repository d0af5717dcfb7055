/**
 * What the demo plays: three organizations and a user install the App and start 60 jobs on all tiers, in bursts beyond
 * their limits, with duplicated and late webhooks, a job cancelled while it waits and one that no tier can run.
 */
export interface DemoAccount {
  readonly login: string;
  readonly type: 'Organization' | 'User';
  readonly repository: string;
  /** The plan that the operator sets with one `update-item`, as in docs/OPERATIONS.md; absent: the default tier. */
  readonly upgrade?: { readonly tier: string; readonly maxRunners: number };
}

export interface DemoJob {
  readonly login: string;
  readonly labels: readonly string[];
  /** How long its steps take. */
  readonly milliseconds: number;
  /** When it is queued, after the start. */
  readonly atMilliseconds: number;
  readonly cancelAfterMilliseconds?: number;
}

export const accounts: readonly DemoAccount[] = [
  { login: 'acme', type: 'Organization', repository: 'acme/app', upgrade: { tier: 'large', maxRunners: 10 } },
  {
    login: 'globex',
    type: 'Organization',
    repository: 'globex/api',
    upgrade: { tier: 'medium', maxRunners: 5 },
  },
  { login: 'initech', type: 'Organization', repository: 'initech/tps' },
  { login: 'octavia', type: 'User', repository: 'octavia/dotfiles' },
];

const labelsOf = (tier: string) => ['self-hosted', 'linux', 'x64', tier];

/** So many jobs at once, of different lengths, so that they end one after the other. */
function burst(login: string, tier: string, jobs: number, atMilliseconds: number): DemoJob[] {
  return Array.from({ length: jobs }, (_, n) => ({
    login,
    labels: labelsOf(tier),
    milliseconds: 300 + ((n * 170) % 600),
    atMilliseconds,
  }));
}

export const jobs: readonly DemoJob[] = [
  ...burst('acme', 'small', 6, 0),
  ...burst('acme', 'medium', 8, 200),
  ...burst('acme', 'large', 10, 400),
  ...burst('globex', 'medium', 12, 0),
  ...burst('globex', 'small', 3, 1500),
  ...burst('initech', 'small', 9, 300),
  {
    login: 'initech',
    labels: labelsOf('small'),
    milliseconds: 300,
    atMilliseconds: 400,
    cancelAfterMilliseconds: 600,
  },
  { login: 'initech', labels: ['self-hosted', 'gpu'], milliseconds: 300, atMilliseconds: 500 },
  ...burst('octavia', 'small', 7, 0),
  ...burst('octavia', 'large', 2, 2500),
  { login: 'octavia', labels: ['self-hosted'], milliseconds: 300, atMilliseconds: 2500 },
];

/** How often GitHub's webhooks are lost, late or repeated during the demo. */
export const webhookTrouble = { duplicateProbability: 0.15, delayProbability: 0.1, delayMs: 900 };

/** The demo gives up after this. It normally ends within half a minute, on a very busy machine within minutes. */
export const longestMilliseconds = 480_000;
