/**
 * Compares what an App must request so that the platform works with what it does request, for Apps that
 * were created by hand. Each missing item has its name on GitHub's settings page, and says what does not
 * work without it.
 */
export interface AskedFor {
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
}

/** Empty: nothing is missing. */
export function missingInApp({ permissions, events }: AskedFor): readonly string[] {
  const writes = (name: string) => permissions[name] === 'write';
  const missing: string[] = [];
  if (!writes('organization_self_hosted_runners') && !writes('administration')) {
    missing.push(
      'Organization permissions, Self-hosted runners: read and write (for user accounts: Repository permissions, ' +
        'Administration: read and write). Without it no runner can be registered.',
    );
  }
  if (!writes('actions') && permissions['actions'] !== 'read') {
    missing.push('Repository permissions, Actions: read-only. Without it GitHub sends nothing about jobs.');
  }
  if (!events.includes('workflow_job')) {
    missing.push('Subscribe to events, Workflow job. Without it Mayfly does not learn of any jobs.');
  }
  return missing;
}

/** Where to add what is missing, and what to do then. */
export const howToAdd =
  'On the App’s settings page on GitHub, under “Permissions & events”, add what is missing and save. Where the App is ' +
  'installed already, an owner of that account then accepts the new permissions.';
