/** The events that a person follows, each as a short sentence. Names are those in the platform's log lines. */
export type Fields = Readonly<Record<string, unknown>>;

/** Scheduled work that has nothing to report while all is well, and plain figures. */
export const quietEvents: ReadonlySet<string> = new Set([
  'census',
  'swept',
  'reconciled',
  'machine-ready',
  'usage-rolled-up',
]);

const sentences: Readonly<Record<string, (fields: Fields) => string>> = {
  'github-installed': () => 'installed the App',
  'github-job-queued': ({ labels }) => `queued on GitHub: ${list(labels)}`,
  'runner-group-looked-at': ({ group, standing }) =>
    standing === 'found'
      ? `GitHub has the runner group ${group}`
      : `GitHub's answer about the runner group ${group}: ${words(standing)}`,
  'tenant-provisioned': ({ status, tier, maxRunners }) =>
    `tenant created: ${status}, tier ${tier}, at most ${maxRunners} machines`,
  'jobs-accepted': ({ tier }) => `accepted for tier ${tier}`,
  'job-refused': ({ reason, labels }) => `refused: ${reason}${labels ? ` (${list(labels)})` : ''}`,
  launch: ({ result, instanceIds, tier }) =>
    result === 'started'
      ? `started machine ${list(instanceIds)}, tier ${tier}`
      : `launch ${result}, tier ${tier}`,
  claimed: ({ instanceId }) => `machine ${instanceId} asked for a job and got this one`,
  'start-admitted': ({ instanceId }) => `may begin on ${instanceId}`,
  'start-rejected': ({ instanceId, reason }) => `stopped on ${instanceId} before its first step: ${reason}`,
  'job-started': ({ instanceId, runnerName }) =>
    instanceId !== undefined
      ? `runs on ${instanceId}`
      : runnerName
        ? `runs on the tenant's own runner ${runnerName}`
        : 'runs on a runner whose name GitHub does not report',
  'github-refused': ({ reason, refusal }) => `GitHub refused: ${messageOf(refusal) ?? words(reason)}`,
  repair: ({ kind, instanceId, reason }) =>
    `repair: ${words(kind)}${instanceId ? ` (${instanceId})` : ''}${reason ? `: ${reason}` : ''}`,
  'stand-down': ({ instanceId, reason }) => `machine ${instanceId} asked for a job and got none: ${reason}`,
  'changed-outside': ({ attributes }) => `somebody edited the tenant's row: ${list(attributes)}`,
  'sweep-failed': ({ error }) => `a part of the sweep failed: ${error}`,
  'reconcile-failed': ({ error }) => `a part of the reconciler failed: ${error}`,
  'message-failed': ({ error }) => `a message failed and will be retried: ${error}`,
  'job-done': ({ outcome, conclusion, instanceId, reason }) =>
    `done: ${conclusion ?? outcome}${reason === undefined ? '' : `; machine ${instanceId} ended`}`,
  'runner-ended': ({ instanceId, reason }) => `machine ${instanceId} ended: ${words(reason)}`,
};

/** Undefined: the event has no sentence of its own. */
export function sentenceOf(name: string, fields: Fields): string | undefined {
  return Object.hasOwn(sentences, name) ? sentences[name]?.(fields) : undefined;
}

const list = (values: unknown) => (Array.isArray(values) ? values.join(', ') : String(values));
const messageOf = (refusal: unknown) => (refusal as { readonly message?: string } | undefined)?.message;
const words = (code: unknown) => String(code).replaceAll('-', ' ');
