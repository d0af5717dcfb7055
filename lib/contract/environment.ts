/**
 * The environment variables that the stacks give to functions. Each function gets only those that it reads, and
 * `readVariable` is how it reads them. What is not a name or address made at deploy time is in deployment.ts.
 */
export const variables = {
  tenantsTable: 'TENANTS_TABLE',
  jobsTable: 'JOBS_TABLE',
  launchesTable: 'LAUNCHES_TABLE',
  runnersTable: 'RUNNERS_TABLE',
  notesTable: 'NOTES_TABLE',
  /** JSON: tier name → URL of its queue. */
  tierQueueUrls: 'TIER_QUEUE_URLS',
  lifecycleQueueUrl: 'LIFECYCLE_QUEUE_URL',
  installationsQueueUrl: 'INSTALLATIONS_QUEUE_URL',
  webhookSecretArn: 'WEBHOOK_SECRET_ARN',
  ticketSecretArn: 'TICKET_SECRET_ARN',
  appSecretArn: 'APP_SECRET_ARN',
  /** Comma-separated subnet ids. */
  subnetIds: 'SUBNET_IDS',
  /** `https://api.github.com`, or that of a GitHub Enterprise host. */
  githubApiUrl: 'GITHUB_API_URL',
} as const;

export type VariableName = (typeof variables)[keyof typeof variables];

/** @throws Error that names the variable, where the function's stack does not set it */
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
