/**
 * Which tier a job's labels name. Labels are case-insensitive, as on GitHub. A job never gets a larger tier than it
 * named: if several tiers have all of its labels, the smallest takes it.
 */
import type { Tier } from './tier.ts';

/** The label that excludes GitHub-hosted runners. */
const selfHosted = 'self-hosted';

/**
 * The first tier that has every one of the labels. Tiers are configured from the smallest to the largest, so
 * the first is the smallest. No labels (`runs-on: {group: …}` alone sends none) name no tier.
 */
export function tierFor(labels: readonly string[], tiers: readonly Tier[]): Tier | undefined {
  if (labels.length === 0) return undefined;
  const wanted = labels.map((label) => label.toLowerCase());
  return tiers.find((tier) => {
    const offered = tier.labels.map((label) => label.toLowerCase());
    return wanted.every((label) => offered.includes(label));
  });
}

/** Whether the labels ask for a self-hosted runner. */
export const isSelfHosted = (labels: readonly string[]) =>
  labels.some((label) => label.toLowerCase() === selfHosted);
