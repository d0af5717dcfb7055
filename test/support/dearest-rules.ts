/** Rules that take the most processor time of all that are accepted, and the job for which they take it. */
import type { JobFacts } from '../../lib/core/controllers/facts.ts';

/** Each of its texts is as long as it can be. */
export const longestFacts: JobFacts = {
  account: { login: 'a'.repeat(39), id: 1, type: 'Organization' },
  repository: { name: `${'a'.repeat(39)}/${'a'.repeat(100)}`, id: 7, visibility: 'private' },
  workflow: { name: 'a'.repeat(60), path: `.github/workflows/${'a'.repeat(230)}` },
  run: { id: 1, attempt: 1, ref: 'a'.repeat(250), event: 'push', fork: false, actor: 'a'.repeat(39) },
  job: {
    id: 1,
    labels: Array.from({ length: 20 }, () => 'a'.repeat(100)),
    tier: 'small',
    level: 'organization',
    group: 'Default',
    price_per_hour: 0.04,
  },
};

/** Each one's text differs by its number, so that each is read once. */
export const dearestRules: Readonly<Record<string, (n: number) => string>> = {
  /** Almost 20,000 steps, and all of them used. */
  'to evaluate': (n) => `run.ref.matches("[a-z]{0,${640 + (n % 10)}}$") && job.id == ${n}`,
  /** 2,045 characters, and few steps. */
  'to read': (n) => `[${'((((((((((((1)))))))))))),'.repeat(78)}${100 + n}].size() == 3`,
  'in number': (n) => `job.id == ${1000 + n}`,
};
