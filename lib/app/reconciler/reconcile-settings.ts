/** The reconciler's bounds, each with its reason. What one run leaves over, a later one finds: the cursors are in the notes. */

/** How old a queued job must be before its webhook counts as lost rather than late. */
export const unheardSeconds = 120;

/** How long a job waits, or a runner listens without its job, before GitHub is asked about it. */
export const askAfterSeconds = 600;

/** Calls to GitHub for one tenant in one run: at one visit in five minutes, 360 of the 5,000 that it has in an hour. */
export const callsPerVisit = 30;

/** Jobs of one tenant that GitHub is asked about in one run. */
export const jobsAskedPerVisit = 5;

/** Runs of one repository whose jobs are listed in one visit. */
export const runsPerRepository = 5;

/** Machines of one tenant that are looked at in one run; each may cost a read of its job. */
export const leasesPerVisit = 100;

/** Rows and counts that differ are seen alike so much later: an index lags by far less. */
export const settledSeconds = 240;

/** Registrations that no record names: remembered for one visit, so that another deployment's new one is not deleted. */
export const strangersKept = 50;

/** Tenants are read by the page, and looked after by so many at a time. */
export const tenantsPerPage = 50;
export const visitsAtOnce = 5;

/** No further page of tenants is begun after this; the function has as long again for the page that it is in. */
export const visitingSeconds = 90;

/** Pages of machines in one run, of up to 500 each. */
export const machinePages = 10;

/** Pages of failed deliveries in one run, of up to 100 each; each failure may cost one call more. */
export const failurePages = 2;

/** Pages of delivered webhooks that are searched for a later success of those failures. */
export const successPages = 5;

/** A delivery that failed is asked for again so often: what the platform refuses each time will not get better. */
export const redeliveries = 3;
export const redeliveriesAtOnce = 5;

/** The deliveries whose redeliveries are counted, newest last; about 25 KB in one note. */
export const redeliveriesRemembered = 500;

/** GitHub keeps deliveries for three days; a cursor older than that leads nowhere. */
export const notesKeptSeconds = 3 * 24 * 60 * 60;

/** EC2 promises nothing of an old cursor. */
export const machineCursorSeconds = 600;

/** A machine that was told to end needs a moment; only what still runs after this is told again. */
export const endingSeconds = 120;
