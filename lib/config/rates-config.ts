/** What an operator charges tenants, instead of what machines cost. */
export interface RatesConfig {
  /**
   * By tier: US dollars for a minute of a machine that ran a job, valid from a day (UTC) on. A machine keeps the rate of
   * its launch. Tiers without a rate are charged at cost.
   */
  readonly tiers: Readonly<Record<string, readonly { readonly from: string; readonly perMinute: number }[]>>;
  /** The time of each machine is rounded up to a multiple of this many seconds, 1 to 3600. Default: 60. */
  readonly roundSeconds?: number;
  /** Free minutes of each tenant in each month, over all tiers with rates. Default: 0. */
  readonly freeMinutes?: number;
}
