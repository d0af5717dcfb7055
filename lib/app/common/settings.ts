/** The use cases' own bounds, each with its reason. What an operator may configure is in the deployment's limits. */
import { functionSettings } from '../../contract/functions.ts';

/** How many waiting jobs a look reads if it has no use for more: its cost does not grow with the line. */
export const firstPageSize = 10;

/** How many jobs of a tenant one look reads at most; the next look finds more. */
export const waitingPageSize = 100;

/** How often a balance plans again when others were faster; in each round one of the competing copies succeeds. */
export const maxPlans = 12;

/**
 * How many former installations of an account a planning run looks at, one after the other: a quarter of a second. For each
 * further so many, the account waits until the next sweep.
 */
export const predecessorsPerRun = 50;

/** How long a copy that plans for others waits for their jobs: a few calls to DynamoDB. */
export const gatheringMilliseconds = 50;

/**
 * A run of scale-up that waits for EC2 looks for further messages after half to twice this time. A burst then needs
 * fewer launches, each of which costs nine write units; EC2 takes most of a second meanwhile.
 */
export const arrivalsMilliseconds = 100;

/** A process that found nothing this often looks only after every fourth message that arrives alone. */
export const looksInVain = 2;
export const looksAfterMessages = 4;

/** Results of several tenants of a batch are written together if their leases are answered within this time. */
export const takesTogetherMilliseconds = 50;

/** The same for EC2's answers, which arrive further apart; a machine boots for seconds before it asks for its row. */
export const launchesTogetherMilliseconds = 100;

/**
 * A run of scale-up that waits for EC2 receives further messages for this long. The last ones may wait for EC2 as
 * long as any call takes: all of it fits into the function's time.
 */
export const takesMoreWithinMilliseconds = 2_000;

/** Beyond a function's timeout: the clocks of two functions differ by less, and messages that one sent last have arrived. */
const clockMarginSeconds = 10;

/** After this the copy that planned a launch has certainly stopped, and the sweep may continue it. */
export const launchFenceSeconds = functionSettings['scale-up'].timeoutSeconds + clockMarginSeconds;

/** The same for a sweep that continued one. */
export const resumeFenceSeconds = functionSettings.sweep.timeoutSeconds + clockMarginSeconds;

/** A launch call that failed this soon is repeated at once: both calls fit into the function's time. */
export const resendWithinMilliseconds = 2_000;

/** By then new machines usually show up under their tags. */
export const shownAfterMilliseconds = 1_000;

/** By then EC2 usually describes an ended machine as such; its event may come earlier. */
export const endShownAfterMilliseconds = 2_000;

/** A job that got no machine is tried again after this time; the sweep looks each minute in any case. */
export const retryDelaySeconds = 10;

/**
 * If EC2 lacked capacity for a tier within this time, each look starts only a few machines, and then another tenant
 * has its turn.
 */
export const shortMemorySeconds = 600;

/** This many, times the tenant's weight: more calls than one launch for all, but few enough to leave some for others. */
export const machinesPerShortTurn = 4;

/** How often one balance tries other pools at once; after that it is retried later. */
export const maxRounds = 3;

/** A round that begins later than this might not end within the function's time. */
export const roundsWithinMilliseconds = 4_000;

/** EC2 forgets an instance about an hour after its end; before that, its absence proves nothing. */
export const absenceProofSeconds = 3900;

/** A launch ticket is valid for as long as a machine may take to boot, and a little longer for clock differences. */
export const ticketGraceSeconds = 60;

/** How long GitHub has to report the end of a job that runs on no machine of ours, before it is asked. */
export const settleSeconds = 60;

/** After a question about such a job that GitHub did not answer, the pause until the next one. */
export const askAgainSeconds = 300;

/** GitHub lets a job wait for an approval for 30 days: https://docs.github.com/en/actions/reference/limits */
export const blockedSeconds = 30 * 24 * 60 * 60;

/** How many jobs with unknown labels get a row, for each tenant and hour; one is enough to see a mistake. */
export const unknownLabelsPerHour = 100;

/**
 * GitHub must have said for this long, each time it was asked, that it has no such job: three looks, longer than an
 * outage.
 */
export const goneApartSeconds = 480;

/**
 * Two denials further apart than this say nothing about the time between them: GitHub is asked every five minutes, by the
 * sweep, which runs each minute and may miss one.
 */
export const goneSilenceSeconds = 420;

/** A job that GitHub denied is not tried again before the next look at it. */
export const goneRestSeconds = 300;

/**
 * A second denial this long after the first restarts the count: longer than the hour between questions about a running
 * job.
 */
export const goneKeptSeconds = 2 * 60 * 60;

/** GitHub is asked about a job this long before its pause is over: time for two sweeps. */
export const askBeforeSeconds = 110;

/** A machine that GitHub refuses a runner asks again for this long before it gives up: most refusals pass. */
export const refusalPatienceSeconds = 60;
export const refusedAgainSeconds = 15;

/** How many overdue rows one sweep handles; the rest follow a minute later. */
export const sweepPageSize = 100;

/**
 * Of how many launches one sweep checks the machines: each launch is checked once or twice in its life, so this many may
 * be due in a minute.
 */
export const watchedPageSize = 5_000;
/** How many of those launches are handled at once. */
export const lookedAfterAtOnce = 50;

/** Of how many launches that cannot be read one sweep handles the machines: a call to EC2 each. */
export const unreadableLaunches = 20;

/** How many pages of pending jobs one sweep reads; the next one continues there. Ten thousand jobs are about 10 MB. */
export const pendingPages = 20;
export const pendingPageSize = 500;

/** How long one sweep reads pending jobs, and asks about them: together with the rest less than its function's time. */
export const pendingReadMilliseconds = 12_000;
export const settleMilliseconds = 20_000;

/** One tenant's share of it: so many questions to GitHub, a few at a time, begun within this time. */
export const asksPerTenant = 30;
export const asksAtOnce = 5;
export const settleTenantMilliseconds = 5_000;

/** How many tenants a sweep handles at once. */
export const tenantsAtOnce = 10;

/**
 * Machines that listen without a start gate, of one tenant in one sweep: two calls to GitHub each. And the time for
 * all of them: the function has twice as long, and the rest is done a minute later. Rows of others are marked, this
 * many at once.
 */
export const ungatedPerTenant = 20;
export const replaceMilliseconds = 20_000;
export const ungatedMarkedAtOnce = 50;

/** A machine that is faster than its launch's rows asks again after this time; they are written within a second. */
export const unboundAgainSeconds = 1;

/**
 * How long after its last call a runner may take to its job's first step, beyond the time in which it listens: GitHub's
 * runner downloads a job's actions before its hook.
 */
export const jobSetupSeconds = 600;

/**
 * The webhook that says which job a machine has is under way when the machine asks: its row is looked at again after each
 * of these, before GitHub may be asked, and after that. Each look is a call; the function's time meanwhile costs less
 * than a machine that asks anew.
 */
export const startLookMilliseconds = { soon: [100, 100, 150], late: [250, 400, 500] } as const;

/** How often GitHub is asked which job a machine has; its webhook usually comes within seconds. */
export const startAsks = 5;
export const startPages = 4;
export const startAskedSeconds = 3_600;

/** The longest wait that a machine is asked for; GitHub may ask for up to an hour, but may recover sooner. */
export const longestAgainSeconds = 60;

/** A machine waits this long for GitHub to take calls again, well within its time to boot; for longer it powers off. */
export const longestLimitWaitSeconds = 300;

/** How often one machine checks whether a tenant's jobs can start again: about its time to boot and claim. */
export const probeSeconds = 600;

/** GitHub says within minutes how a job ended whose machine EC2 took back; an hour is ample. */
export const warningKeptSeconds = 3600;

/** A job's run must be over before GitHub reruns the job; GitHub is asked again this often. */
export const rerunDelaySeconds = 300;

/** As long as rows of finished jobs are kept, so that no late event reruns a job twice. */
export const rerunKeptSeconds = 7 * 24 * 60 * 60;

/** How much of the console of a machine that never claimed is kept: the boot script's steps are a tenth of it. */
export const consoleCharacters = 4_096;

/** How many consoles are read if many machines are ended at once; if so many fail, they have the same cause. */
export const consolesAtOnce = 10;

/** How many waiting jobs a machine tries to claim if its own is gone, before it stands down. */
export const claimCandidates = 5;

/** GitHub is asked again after this whether it knows an installation: its replicas lag by seconds. */
export const unknownProofSeconds = 180;

/** Jobs never wait longer than a day, and findings about their installation are kept no longer. */
export const unknownKeptSeconds = 24 * 60 * 60;

/** The reconciler visits every tenant well within an hour. */
export const returnKeptSeconds = 3600;

/** By then a lost webhook has been redelivered: the reconciler requests that every five minutes. */
export const unheardRunSeconds = 600;

/** GitHub is not asked about it forever: a count is not worth calls that the tenant's jobs need. */
export const unheardRunKeptSeconds = 3600;

/** For this long GitHub may report a job's state from before its approval; it is asked once more then. */
export const heldJobAgainSeconds = 30;

/** While GitHub takes no calls it is asked later whether a held job was approved; after this only by the sweep. */
export const heldJobAskedSeconds = 60 * 60;

/**
 * How long a silent machine counts as working even if GitHub reports it as idle: a lost start is found within it.
 * Lost webhooks are redelivered every five minutes, and the reconciler goes through each tenant's jobs within the
 * hour.
 */
export const unheardStartSeconds = 60 * 60;

/** EC2 usually reports a machine's end within seconds; after this it is no longer waited for. */
export const endingHeardSeconds = 60;

/** Longer than a question about what a machine ran can be late: the delay, the hour of trying, and what queues may add. */
export const unregisteredKeptSeconds = 3 * 60 * 60;

/** For jobs of a tenant without a row: how long after the first one, and how often, the tenant manager asks GitHub. */
export const unknownAskedSeconds = 60;

/** How many leases of each kind the census counts; beyond it the figure stands still. Ten times a cell's intended size. */
export const leasesCounted = 20_000;

/** A runner group that admits what waits is read again after this: changed settings cost some idle minutes until then. */
export const groupBelievedSeconds = 3_600;

/** One that keeps a job from starting is read this often: 30 calls an hour, or 60 with selected repositories. */
export const groupHeldSeconds = 120;

/** However many copies want to know, GitHub is asked once in this time. */
export const groupAskedSeconds = 20;

/** A group that nobody asked about for this long is dropped; the next job of its tenant waits for a look if it must. */
export const groupKeptSeconds = 24 * 60 * 60;

/** A lost permission leaves the tenant another level to register at as soon as its row says so, which is soon. */
export const otherLevelSeconds = 60;

/**
 * For so long a look evaluates rules, on the clock; the first job's are evaluated in any case. Usual rules take
 * microseconds for a job.
 */
export const judgingMilliseconds = 500;

/** How long a process uses the epoch of the platform-wide admission policy that it read last. */
export const platformPolicySeconds = 5;

/**
 * A run that asks controllers receives messages for this long. A job that it starts last still has 20 s of the
 * function's time.
 */
export const takesQuestionsWithinMilliseconds = 25_000;

/** How long that run waits for each answer of GitHub about a workflow run. */
export const githubAnswerMilliseconds = 4_000;

/** From one look at the queue of questions to the next, while the run waits for controllers. */
export const lookForQuestionsMilliseconds = 200;

/** How many jobs of one tenant, and of all, a run asks about at once. With eight controllers each, 800 connections. */
export const askingBounds = { ofTenant: 20, inAll: 100 } as const;

/** How many messages a run has in memory. Further ones stay in the queue. */
export const mostQuestionsHeld = 1_000;

/** A question to a controller whose message was lost is asked again after this. Longer than any controller's timeout. */
export const askedAgainSeconds = { first: 60, most: 600 } as const;
