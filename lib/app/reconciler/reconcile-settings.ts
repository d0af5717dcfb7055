/** The reconciler's bounds, each with its reason. A later run continues where one stops: the cursors are in the notes. */

/** How old a queued job must be before its webhook counts as lost rather than late. */
export const unheardSeconds = 120;

/** How long a job waits, or a runner listens without its job, before GitHub is asked about it. */
export const askAfterSeconds = 600;

/** Calls to GitHub for one tenant in one run: at one visit in five minutes, 360 of the 5,000 that it has in an hour. */
export const callsPerVisit = 30;

/** Idle machines of one tenant that are replaced in one visit, two calls each: a tenth of its calls are left for the rest. */
export const ungatedPerVisit = 13;

/** Repositories that are added to a runner group, or taken out of it, in one visit; a call each. */
export const groupChangesPerVisit = 10;

/** Groups, and repositories, that controllers' scopes name and GitHub is asked about in one visit; and how often at rest. */
export const targetsPerVisit = 5;
export const targetsSeconds = 3_600;
/** Scopes of a tenant that are taken away in one visit, in a transaction each. */
export const lostScopesPerVisit = 20;

/** Jobs of one tenant that GitHub is asked about in one run. */
export const jobsAskedPerVisit = 5;

/** Runs of one repository whose jobs are listed in one visit. */
export const runsPerRepository = 5;

/** Long lists of runs whose place is remembered; a list that is forgotten is begun again. */
export const runListsRemembered = 200;

/**
 * A tenant whose jobs nobody told of is caught up with by so many calls in one run, as long as its budget lets the platform
 * ask at all: in two runs more jobs than may wait. Spaced so that GitHub's 900 points in a minute are not reached.
 * Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 */
export const catchUpCalls = 900;
export const catchUpMillisecondsApart = 75;

/** All catching up in one run: what is left of the function's time when the visits have had theirs. */
export const catchUpSeconds = 90;

/** GitHub shows 1,000 runs of one state at the most, and a run has 256 jobs of a matrix, and others. */
export const runPages = 10;
export const jobPages = 10;

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

/**
 * Pages of deliveries in one run, of up to 100 each. A failure may cost one call more. Of all deliveries so many are a million
 * a day and more; what is left over is looked at by later runs.
 */
export const walkedPages = { failure: 4, any: 60 } as const;

/** And for so long at most: of the function's time, most is for other work beside it. */
export const walkingSeconds = 45;

/** GitHub gives an attempt ten seconds, and may list it later than one that began after it. */
export const deliverySettledSeconds = 60;

/** Pages of delivered webhooks that are searched for a later success of those failures. */
export const successPages = 10;

/** A delivery that failed is asked for again so often: what the platform refuses each time will not get better. */
export const redeliveries = 3;
/** One after the other, with so long between: five points each, of 900 in a minute. */
export const redeliveryMillisecondsApart = 350;

/** The deliveries whose redeliveries are counted, newest last; about 50 KB in one note. */
export const redeliveriesRemembered = 1_000;

/** GitHub keeps deliveries for three days; a cursor older than that leads nowhere. */
export const notesKeptSeconds = 3 * 24 * 60 * 60;

/** EC2 promises nothing of an old cursor. */
export const machineCursorSeconds = 600;

/** A machine that was told to end needs a moment; only what still runs after this is told again. */
export const endingSeconds = 120;

/** What is spent on the running day is compared so often, for tenants with a cap, by at most so many records: 10 MB. */
export const spentSeconds = 3_600;
export const recordsCompared = 20_000;
