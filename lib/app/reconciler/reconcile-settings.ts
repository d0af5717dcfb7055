/** The reconciler's bounds, each with its reason. A later run continues where one stops: the cursors are in the notes. */

/** How old a queued job must be before its webhook counts as lost rather than late. */
export const unheardSeconds = 120;

/** How long a job waits, or a runner listens without its job, before GitHub is asked about it. */
export const askAfterSeconds = 600;

/** Calls to GitHub for one tenant in one run: at one visit in five minutes, 360 of the 5,000 that it has in an hour. */
export const callsPerVisit = 30;

/** Repositories added to a runner group, or removed from it, in one visit; a call each. */
export const groupChangesPerVisit = 10;

/**
 * How many groups, and repositories, in controllers' scopes GitHub is asked about in one visit; and how often if all is
 * well.
 */
export const targetsPerVisit = 5;
export const targetsSeconds = 3_600;
/** And how soon again if GitHub did not answer about each: at every third visit. */
export const targetsAgainSeconds = 900;
/** Scopes of a tenant that are removed in one visit, in a transaction each. */
export const lostScopesPerVisit = 20;

/** Jobs of one tenant that GitHub is asked about in one run. */
export const jobsAskedPerVisit = 5;

/** Runs of one repository whose jobs are listed in one visit. */
export const runsPerRepository = 5;

/**
 * Runs of a repository that a visit passes because GitHub cannot list their jobs, and how soon it must have said so: waiting ten
 * seconds for each would take a page of tenants beyond the function's time.
 */
export const failedRunsPerVisit = 2;
export const failedRunMilliseconds = 2_000;

/** Long lists of runs, and long runs, whose position is remembered; a forgotten one starts again. */
export const runListsRemembered = 200;

/**
 * A tenant with unreported jobs is caught up with by so many calls in one run, as long as its budget lets the platform
 * ask at all: in two runs that covers more jobs than may wait. Spaced so that GitHub's 900 points a minute are not
 * reached.
 * Source: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
 */
export const catchUpCalls = 900;
export const catchUpMillisecondsApart = 75;

/** All catching up in one run: what is left of the function's time after the visits. */
export const catchUpSeconds = 90;

/** Repositories of a tenant that fail: where more do, it is GitHub that fails. */
export const failedRepositoriesRemembered = 10;

/** Pages of the installation's list, of 100 repositories each, in which those of them that are public are looked for in a run. */
export const selectionPages = 10;

/** Runs of a repository whose jobs GitHub cannot list: where more fail, so does their repository. */
export const failedRunsRemembered = 5;

/** GitHub shows 1,000 runs of one state at the most, and a run has 256 jobs of a matrix, and others. */
export const runPages = 10;
export const jobPages = 10;

/** Machines of one tenant that are checked in one run; each may cost a read of its job. */
export const leasesPerVisit = 100;

/** Differing rows and counts must look the same this much later: an index lags by far less. */
export const settledSeconds = 240;

/** Registrations that no record names: remembered for one visit, so that another deployment's new one is not deleted. */
export const strangersKept = 50;

/** Tenants are read by the page, and handled this many at a time. */
export const tenantsPerPage = 50;
export const visitsAtOnce = 5;

/** No further tenants are visited after this: the rest of the function's time is for catching up. */
export const visitingSeconds = 90;

/**
 * No further call is made in a visit after this, however slowly GitHub answers for the tenant. Without it one tenant could
 * use up the function's time in each run, which would begin with the same tenants again.
 */
export const visitSeconds = 20;

/** Pages of machines in one run, of up to 500 each. */
export const machinePages = 10;

/**
 * Pages of deliveries in one run, of up to 100 each. A failure may cost one call more. That is a million deliveries a day
 * and more; later runs handle the rest.
 */
export const walkedPages = { failure: 4, any: 60 } as const;

/** And for at most this long: most of the function's time is for other work beside it. */
export const walkingSeconds = 45;

/** A walk at whose place GitHub fails for this long begins again: it would else keep that place for ever. */
export const stuckSeconds = 6 * 60 * 60;

/** GitHub gives an attempt ten seconds, and may list it later than one that began after it. */
export const deliverySettledSeconds = 60;

/**
 * GitHub lists a delivery within this. Where nothing newer is listed, the next walk still ends there: else it
 * would find the failures of an outage's last minute in every run.
 */
export const deliveryListedSeconds = 600;

/** Pages of delivered webhooks that are searched for a later success of those failures. */
export const successPages = 10;
/** And for at most this long: both walks and this together leave some of the time for redelivering. */
export const successSeconds = 20;

/** How often a failed delivery is redelivered: what the platform refuses each time will not get better. */
export const redeliveries = 3;
/** One after the other, with this much time between: five points each, of 900 in a minute. */
export const redeliveryMillisecondsApart = 350;

/**
 * No redelivery begins later in a run; the rest waits in the note. After an outage there may be thousands; a function that
 * ran out of time would forget which it has asked for.
 */
export const redeliveringSeconds = 150;

/** While so many webhooks wait, no further page is read. With those of the last pages, at most 140 KB in the note. */
export const redeliveriesWaiting = 2_000;

/** The deliveries whose redeliveries are counted, newest last; about 50 KB in the same note. */
export const redeliveriesRemembered = 1_000;

/** GitHub keeps deliveries for three days; an older cursor leads nowhere. */
export const notesKeptSeconds = 3 * 24 * 60 * 60;

/**
 * EC2 is asked about so many machines with an open row in one run, 200 in a call: 50 calls, one after the other. More
 * machines are asked about in later runs.
 */
export const machinesAskedPerRun = 10_000;

/**
 * Machines that are missing: so many are reported in one run, and so many are remembered from one run to the next, in 40 KB.
 * More are missing only if EC2's events fail for long.
 */
export const absentPerRun = 200;
export const absentRemembered = 1_000;
export const absentKeptSeconds = 3_600;

/** EC2 does not promise to accept an old cursor. */
export const machineCursorSeconds = 600;

/** A terminated machine needs a moment; only one that still runs after this is terminated again. */
export const endingSeconds = 120;

/** How often the running day's spending is compared, for tenants with a cap, by at most so many records: 10 MB. */
export const spentSeconds = 3_600;
export const recordsCompared = 20_000;
