/** How the audit names what its rows are about, and in which order they stand. */

export const tenantSubject = (installationId: number) => `tenant#${installationId}`;

/** Subject of what is not about one tenant: the App, its secrets, what is deployed. */
export const deploymentSubject = 'deployment';

/** The deployed configurations, by version, each in full. */
export const configurationSubject = 'configuration';

/**
 * By version, and by time where a tenant's row was put back to an earlier one, as restoring its table would. Sixteen digits
 * hold every safe integer, so that texts sort as the numbers do.
 */
export const versionEntry = (version: number, at: string) => `${versionRange(version)}${at}`;
/** Begins each entry of this version. */
export const versionRange = (version: number) => `${String(version).padStart(16, '0')}#`;

/** Prefix of entries about a tenant that make no version. They sort after all versions, whose entries begin with digits. */
export const noteEntry = (id: string) => `note#${id}`;

/** In the tenants table: a digest of the policy that was recorded last. Whoever records a change writes it too. */
export const recordedPolicyAttribute = 'recorded_policy';
