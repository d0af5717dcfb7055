/**
 * The environment variables that the stacks give to functions. Each function gets only those that it reads, and reads
 * them with `readVariable`. Everything but names and addresses that only the deploy knows is in deployment.ts.
 */
export const variables = {
  tenantsTable: 'TENANTS_TABLE',
  jobsTable: 'JOBS_TABLE',
  launchesTable: 'LAUNCHES_TABLE',
  runnersTable: 'RUNNERS_TABLE',
  notesTable: 'NOTES_TABLE',
  usageTable: 'USAGE_TABLE',
  auditTable: 'AUDIT_TABLE',
  controllersTable: 'CONTROLLERS_TABLE',
  /** `small=https://…,large=https://…`: the URL of each tier's queue. */
  tierQueueUrls: 'TIER_QUEUE_URLS',
  lifecycleQueueUrl: 'LIFECYCLE_QUEUE_URL',
  completionsQueueUrl: 'COMPLETIONS_QUEUE_URL',
  installationsQueueUrl: 'INSTALLATIONS_QUEUE_URL',
  admissionQueueUrl: 'ADMISSION_QUEUE_URL',
  webhookSecretArn: 'WEBHOOK_SECRET_ARN',
  ticketSecretArn: 'TICKET_SECRET_ARN',
  appSecretArn: 'APP_SECRET_ARN',
  setupSecretArn: 'SETUP_SECRET_ARN',
  /** The function's reserved concurrency. Absent: none. */
  reservedConcurrency: 'RESERVED_CONCURRENCY',
  /** `subnet-1=us-east-1a,subnet-2=us-east-1b`: the subnets for machines, in the configured order. */
  subnets: 'SUBNETS',
  /** `https://api.github.com`, or the API of a GitHub Enterprise host. */
  githubApiUrl: 'GITHUB_API_URL',
  /** GitHub's web pages: `https://github.com`, or a GitHub Enterprise host. */
  githubWebUrl: 'GITHUB_WEB_URL',
  /** The URL to which GitHub must send webhooks. */
  webhookUrl: 'WEBHOOK_URL',
  /** The API that lists releases of actions/runner, usually `https://api.github.com`. */
  runnerReleasesUrl: 'RUNNER_RELEASES_URL',
  /** The bucket of runner programs. */
  runnerBucket: 'RUNNER_BUCKET',
  /** JSON: architecture → ARN of the pipeline that builds its images. Absent: no images are built. */
  imagePipelines: 'IMAGE_PIPELINES',
} as const;

export type VariableName = (typeof variables)[keyof typeof variables];

/** @throws Error that names the variable if the function's stack does not set it */
export function readVariable(
  name: VariableName,
  environment: Record<string, string | undefined> = process.env,
) {
  const value = environment[name];
  if (value === undefined || value === '') {
    throw new Error(`The environment variable ${name} is not set; the function's construct must provide it.`);
  }
  return value;
}

/** `a=b,c=d`: lists in variables, which have to be short. */
const pairsText = (pairs: Iterable<readonly [string, string]>) =>
  [...pairs].map((pair) => pair.join('=')).join(',');

/** @throws Error that shows the text if `pairsText` did not write it */
function readPairs(
  text: string,
  { name, example }: { readonly name: VariableName; readonly example: string },
) {
  return text.split(',').map((entry): [string, string] => {
    const [key, value, ...rest] = entry.split('=');
    if (key && value && rest.length === 0) return [key, value];
    throw new Error(`${name} is ${text}; it must be like "${example}".`);
  });
}

export const subnetsText = (subnets: readonly { subnetId: string; zone: string }[]) =>
  pairsText(subnets.map(({ subnetId, zone }) => [subnetId, zone]));

/** Reads what `subnetsText` wrote. @throws Error that shows the text if it is something else */
export function readSubnets(text: string): { subnetId: string; zone: string }[] {
  const example = 'subnet-1=us-east-1a,subnet-2=us-east-1b';
  return readPairs(text, { name: variables.subnets, example }).map(([subnetId, zone]) => ({
    subnetId,
    zone,
  }));
}

export const tierUrlsText = (urls: ReadonlyMap<string, string>) => pairsText(urls);

/**
 * Reads what `tierUrlsText` wrote; or JSON: an earlier version's variables are briefly in force beside this version's code.
 * @throws Error that shows the text if it is something else
 */
export function readTierUrls(text: string): Record<string, string> {
  if (text.startsWith('{')) return JSON.parse(text);
  const example = 'small=https://…,large=https://…';
  return Object.fromEntries(readPairs(text, { name: variables.tierQueueUrls, example }));
}
