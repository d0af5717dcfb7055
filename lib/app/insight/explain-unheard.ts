/**
 * Explains a job without a row: GitHub's answer says what it is, and the webhook's deliveries, the labels and the dead
 * letters say why the platform never learned of it.
 */
import { durationText } from '../../core/duration-text.ts';
import { isSelfHosted, tierFor } from '../../core/labels.ts';
import type { Tier } from '../../core/tier.ts';
import type { Verdict, VerdictCode } from './explanation.ts';
import type { Facts, GitHubFacts } from './facts.ts';

export function explainUnheard(facts: Facts): Verdict {
  const { github, deadLetters } = facts;
  const [letter] = deadLetters ?? [];
  if (letter) return inDeadLetters(letter);
  if (!github) {
    return plain('not-asked', 'The platform has no row of this job.', {
      next: 'GitHub was not asked about it.',
      fix: 'Ask GitHub too: npx mayfly explain URL --github, with the URL of the job.',
      who: 'operator',
    });
  }
  return notReached(facts, github) ?? onGitHub(facts, github);
}

function inDeadLetters({ queue, ageMinutes }: { queue: string; ageMinutes: number }): Verdict {
  return plain(
    'dead-letter',
    `Its message failed for an hour, and has been among the dead letters of ${queue} for ${durationText(ageMinutes * 60)}.`,
    {
      next: 'The reconciler finds the job by reading its run, if its tenant is known here.',
      fix: `npx mayfly dead-letters says why it failed; then npx mayfly dead-letters --send-back ${queue}`,
      who: 'operator',
    },
  );
}

function notReached({ asked, tenant }: Facts, { installation, job }: GitHubFacts): Verdict | undefined {
  const where = asked.repository ?? 'its repository';
  if (installation.kind === 'not-found') {
    return plain(
      'not-installed',
      `The App is not installed on ${where}: GitHub sends no webhooks for its jobs.`,
      {
        next: 'Nothing happens until it is installed.',
        fix: 'An owner must install the App, or add the repository to the installation, and re-run the job.',
        who: 'owner',
      },
    );
  }
  if (installation.kind === 'found' && installation.installation.suspended) {
    return plain('tenant-suspended', `The account has suspended the App, so GitHub sends no webhooks.`, {
      next: 'Its queued jobs are found within minutes after the suspension ends.',
      fix: 'An owner must unsuspend the App, under Settings → GitHub Apps → Configure.',
      who: 'owner',
    });
  }
  if (installation.kind === 'found' && !tenant) {
    return plain(
      'installation-unknown',
      `The App is installed there (installation ${installation.installationId}), but has no tenant here.`,
      {
        next: 'The first webhook of a job makes the platform ask GitHub about the installation.',
        fix: 'Redeliver the webhook installation.created: the App’s settings, Advanced, Recent deliveries. If there is none, another App is stored here.',
        who: 'operator',
      },
    );
  }
  if (job.kind === 'not-found') {
    return plain('not-on-github', `GitHub has no such job in ${where}.`, {
      next: 'Nothing: there is no such job.',
      fix: 'Check the id. It is the last number in the job’s URL; the one before it is the id of the run.',
      who: 'author',
    });
  }
  if (job.kind === 'found') return undefined;
  return plain('not-asked', `GitHub gave no answer about the job: ${job.message}.`, {
    next: 'Ask again later.',
    fix: 'npx mayfly tenant validate shows what the App may do there.',
    who: 'operator',
  });
}

function onGitHub(facts: Facts, { job, deliveries }: GitHubFacts): Verdict {
  if (job.kind !== 'found') throw new Error('Only a job that GitHub knows can be explained.');
  const { status, labels, runnerName, conclusion } = job.job;
  if (labels.length === 0 && status !== 'in_progress') return groupOnly(facts.platform.tiers);
  const tier = tierFor(labels, facts.platform.tiers);
  if (!tier && !isSelfHosted(labels)) {
    return plain('hosted-by-github', `Its labels [${labels.join(', ')}] ask for a GitHub-hosted runner.`, {
      next: 'GitHub runs it. The platform ignores such jobs.',
      fix: 'To run it here, use a tier’s labels in runs-on.',
      who: 'nobody',
    });
  }
  if (!tier) return labelsUnknown(facts, labels);
  if (status === 'completed') {
    return plain(
      'unheard-over',
      `It is over (${conclusion ?? 'no conclusion'})${runnerName ? `; it ran on ${runnerName}` : ''}, but the platform has no row of it.`,
      {
        next: 'Nothing. Rows of finished jobs are kept for seven days.',
        who: 'nobody',
      },
    );
  }
  if (status === 'in_progress') {
    return plain(
      'unheard-running',
      `It runs on ${runnerName ?? 'an unknown runner'}, but the platform has no row of it.`,
      {
        next: 'The reconciler finds it within minutes, if the runner is one of the platform’s.',
        who: 'nobody',
      },
    );
  }
  return byDelivery(tier, deliveries);
}

function groupOnly(tiers: readonly Tier[]): Verdict {
  return plain('group-only', 'Its runs-on names a runner group and no labels, so its tier is unknown.', {
    next: 'It starts only if GitHub gives it a machine that was launched for another job of the account.',
    fix: `Name labels as well: runs-on: {group: …, labels: [${tiers[0]?.labels.join(', ') ?? ''}]}.`,
    who: 'author',
  });
}

function labelsUnknown({ platform }: Facts, labels: readonly string[]): Verdict {
  const near = nearestTier(labels, platform.tiers);
  const lacks = near
    ? `the nearest tier, ${near.tier.name}, lacks ${near.missing.join(', ')}`
    : 'there are no tiers';
  return plain('labels-unknown', `No tier has all of its labels [${labels.join(', ')}]: ${lacks}.`, {
    next: 'It stays queued on GitHub until somebody cancels it, or a day has passed.',
    fix: `The author must change it to runs-on: [${near?.tier.labels.join(', ') ?? ''}], or the operator must add the label to the tier (extraLabels).`,
    who: 'author',
  });
}

/** The tier that lacks the fewest of the labels; among equals the one that shares the most, and then the smallest. */
export function nearestTier(
  labels: readonly string[],
  tiers: readonly Tier[],
): { readonly tier: Tier; readonly missing: readonly string[] } | undefined {
  const wanted = [...new Set(labels.map((label) => label.toLowerCase()))];
  const scored = tiers.map((tier) => {
    const offered = new Set(tier.labels.map((label) => label.toLowerCase()));
    const missing = wanted.filter((label) => !offered.has(label));
    const close = missing.reduce((sum, label) => sum + likeness(label, offered), 0);
    return { tier, missing, close };
  });
  return scored.toSorted((a, b) => a.missing.length - b.missing.length || b.close - a.close)[0];
}

/** How similar a label is to one of the tier's: `smal` and `small`. */
function likeness(label: string, offered: ReadonlySet<string>): number {
  const pairs = (text: string) => new Set(Array.from(text.slice(1), (_, n) => text.slice(n, n + 2)));
  const own = pairs(label);
  const shared = (other: string) =>
    [...pairs(other)].filter((pair) => own.has(pair)).length / Math.max(1, own.size);
  return Math.max(0, ...[...offered].map(shared));
}

function byDelivery(tier: Tier, deliveries: GitHubFacts['deliveries']): Verdict {
  const [latest] = deliveries ?? [];
  if (!latest) {
    const what =
      deliveries === undefined
        ? 'its webhook is not among the latest deliveries, and only those were checked'
        : 'GitHub sent no webhook for it in the last three days';
    return plain('webhook-missing', `GitHub has it queued for tier ${tier.name}; ${what}.`, {
      next: 'The reconciler reads the runs of its repository, and picks the job up within about ten minutes.',
      fix: 'npx mayfly tenant validate shows whether the App is subscribed to the event Workflow job and its webhook is active.',
      who: 'operator',
    });
  }
  const { statusCode, answer } = latest;
  if (statusCode >= 200 && statusCode < 400) {
    return plain(
      'webhook-delivered',
      `GitHub delivered its webhook at ${new Date(latest.deliveredAt).toISOString()} (${answer || statusCode}); its row is not written yet.`,
      {
        next: `It is in the queue of tier ${tier.name}, or was lost with a function: then the reconciler picks it up within about ten minutes.`,
        who: 'nobody',
      },
    );
  }
  const why =
    statusCode === 401
      ? 'the webhook secrets in the App’s settings and here differ'
      : webhookFault(statusCode);
  return plain(
    'webhook-failed',
    `GitHub could not deliver its webhook: ${statusCode === 0 ? 'the platform did not answer' : `the platform answered ${statusCode}`} (${why}).`,
    {
      next: 'The reconciler has GitHub redeliver it, up to three times, every five minutes.',
      fix:
        statusCode === 401
          ? 'npx mayfly rotate-webhook-secret sets both.'
          : 'See the runbook’s articles webhooks-failed and function-throttles. By hand: the App’s settings, Advanced, Recent deliveries, Redeliver.',
      who: 'operator',
    },
  );
}

const webhookFault = (statusCode: number) =>
  statusCode === 0
    ? 'the URL is wrong, or did not respond within ten seconds'
    : 'AWS failed, or all copies of the function were busy';

const plain = (code: VerdictCode, line: string, rest: Pick<Verdict, 'next' | 'fix' | 'who'>): Verdict => ({
  code,
  line,
  ...rest,
});
