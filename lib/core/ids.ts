/**
 * The identities of the domain, as branded types: a job's id cannot be passed where a tenant's is expected.
 * Branding costs nothing at run time. Make one with the function of the same name, at the edge where the
 * raw value enters.
 */
declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** GitHub's id of one installation of the App: the tenant's key. */
export type InstallationId = Branded<number, 'InstallationId'>;
/** GitHub's id of one `workflow_job`. */
export type JobId = Branded<number, 'JobId'>;
/** One CreateFleet call; also its ClientToken. */
export type LaunchId = Branded<string, 'LaunchId'>;
/** A tenant's right to one live machine: `<launch>.<n>`. Never used for a second machine. */
export type LeaseId = Branded<string, 'LeaseId'>;
/** An EC2 instance, `i-…`; also the runner's name on GitHub. */
export type InstanceId = Branded<string, 'InstanceId'>;
/** The name of a configured tier. */
export type TierName = Branded<string, 'TierName'>;

export const InstallationId = (value: number) => value as InstallationId;
export const JobId = (value: number) => value as JobId;
export const LaunchId = (value: string) => value as LaunchId;
export const InstanceId = (value: string) => value as InstanceId;
export const TierName = (value: string) => value as TierName;

/**
 * A runner is named after its machine. The name shows whether the machine has a start gate, because
 * GitHub's webhook about a start has no other fact about the machine, and the gate waits for that webhook.
 */
export const runnerNameOf = (instanceId: InstanceId, gated: boolean): string =>
  gated ? `${instanceId}${gatedEnding}` : instanceId;

/** Whether this is the name of a runner of this platform whose job waits for the start gate. */
export const isGatedName = (runner: string | null): boolean =>
  runner?.endsWith(gatedEnding) === true && instanceNamed(runner) !== undefined;

/** The machine that a runner is named after. Undefined: not a runner of this platform. */
export const instanceNamed = (runner: string | null): InstanceId | undefined => {
  const [, instanceId] = /^(i-[0-9a-f]{8,32})(?:-gated)?$/.exec(runner ?? '') ?? [];
  return instanceId === undefined ? undefined : InstanceId(instanceId);
};

const gatedEnding = '-gated';

/** The n-th lease of a launch, counted from 0. */
export const leaseOf = (launchId: LaunchId, n: number) => `${launchId}.${n}` as LeaseId;
/** A lease as it was stored. */
export const LeaseId = (value: string) => value as LeaseId;
/** The launch that a lease belongs to. */
export const launchOfLease = (lease: LeaseId) => lease.slice(0, lease.lastIndexOf('.')) as LaunchId;
