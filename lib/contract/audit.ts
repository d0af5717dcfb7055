/** How the audit names what its rows are about, and in which order they stand. */

export const tenantSubject = (installationId: number) => `tenant#${installationId}`;

/** Everything that is not about one tenant: the App, its secrets, what is deployed. */
export const deploymentSubject = 'deployment';

/** The configurations that were deployed, by version, each whole. */
export const configurationSubject = 'configuration';

/**
 * By version, and by time where a tenant's row was put back to an earlier one, as restoring its table would. Sixteen digits
 * hold every safe integer, so that texts sort as the numbers do.
 */
export const versionEntry = (version: number, at: string) => `${versionRange(version)}${at}`;
/** Begins each entry of this version. */
export const versionRange = (version: number) => `${String(version).padStart(16, '0')}#`;

/** Of what is about a tenant and makes no version. They stand behind all versions, whose entries begin with digits. */
export const noteEntry = (id: string) => `note#${id}`;

/** In the tenants table: tells, in short, the policy that was recorded last. Who records a change writes it too. */
export const recordedPolicyAttribute = 'recorded_policy';
