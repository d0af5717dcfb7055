/**
 * Where the other judge knows less than AWS, or where AWS's own reference and policies that are known to work differ. Each
 * is asked about all the same, and an entry that nothing matches any more is a finding.
 */

export interface KnownDifference {
  /** Of the finding. */
  readonly words: RegExp;
  readonly reason: string;
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    words: /ec2:CreateFleet on \S+:(security-group|network-interface|spot-instances-request)\//,
    reason:
      "AWS's reference does not list these types for CreateFleet, and policies that are known to work grant them; the grant " +
      'does no harm where nobody asks.',
  },
];
