/** How the audit names the subjects of its rows, and how the rows sort. */

export const tenantSubject = (installationId: number) => `tenant#${installationId}`;

/** The subject of what concerns no single tenant: the App, its secrets, deployments. */
export const deploymentSubject = 'deployment';

/** The deployed configurations, by version, each complete. */
export const configurationSubject = 'configuration';

/**
 * Sorted by version, and by time if a tenant's row went back to an earlier version (for instance after its table was
 * restored). Sixteen digits hold every safe integer, so that texts sort like numbers.
 */
export const versionEntry = (version: number, at: string) => `${versionRange(version)}${at}`;
/** The prefix of each entry of this version. */
export const versionRange = (version: number) => `${String(version).padStart(16, '0')}#`;

/** The prefix of entries about a tenant that create no version. They sort after all versions, which begin with digits. */
export const noteEntry = (id: string) => `note#${id}`;

/** In the tenants table: a digest of the last recorded policy. Every write that records a change updates it. */
export const recordedPolicyAttribute = 'recorded_policy';
