/**
 * The GitHub App that a deployment needs, as the manifest from which GitHub creates it: the least
 * permissions for the chosen level of runners, and the events that the webhook handles. Source:
 * https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
 */

/**
 * organization: runners of a whole organization. repository: of single repositories, as user accounts have
 * only those.
 */
export type RunnerLevel = 'organization' | 'repository' | 'both';

export const runnerLevels: readonly RunnerLevel[] = ['organization', 'repository', 'both'];

/** The default: the level with the fewest permissions at which this owner can have runners. */
export const defaultLevel = (owner: 'organization' | 'account'): RunnerLevel =>
  owner === 'organization' ? 'organization' : 'repository';

export interface AppManifest {
  readonly name: string;
  readonly url: string;
  readonly hook_attributes: { readonly url: string; readonly active: true };
  readonly redirect_url: string;
  readonly public: boolean;
  readonly default_permissions: Readonly<Record<string, 'read' | 'write'>>;
  readonly default_events: readonly string[];
}

export interface ManifestOptions {
  /** At most 34 characters, and unique on the GitHub host. */
  readonly name: string;
  readonly level: RunnerLevel;
  readonly webhookUrl: string;
  /** Where GitHub sends the browser with the code, once the App is created. */
  readonly redirectUrl: string;
  /** Whether accounts other than the owner may install it. */
  readonly isPublic: boolean;
  /** Whether it may re-run a job that lost its spot machine; read access is enough for everything else. */
  readonly rerunsJobs: boolean;
}

export const longestAppName = 34;

export function appManifest(options: ManifestOptions): AppManifest {
  const { name, level, webhookUrl, redirectUrl, isPublic, rerunsJobs } = options;
  return {
    name,
    url: 'https://docs.github.com/actions/hosting-your-own-runners',
    hook_attributes: { url: webhookUrl, active: true },
    redirect_url: redirectUrl,
    public: isPublic,
    default_permissions: {
      metadata: 'read',
      actions: rerunsJobs ? 'write' : 'read',
      ...(level === 'repository' ? {} : { organization_self_hosted_runners: 'write' }),
      ...(level === 'organization' ? {} : { administration: 'write' }),
    },
    default_events: ['workflow_job'],
  };
}

/**
 * Where the manifest is posted to: an organization's settings, or those of the signed-in user.
 * @param githubWebUrl `https://github.com`, or where people see another GitHub host
 */
export function newAppUrl(githubWebUrl: string, place: { organization?: string; state: string }): string {
  const path = place.organization
    ? `/organizations/${encodeURIComponent(place.organization)}/settings/apps/new`
    : '/settings/apps/new';
  return `${githubWebUrl}${path}?state=${encodeURIComponent(place.state)}`;
}
