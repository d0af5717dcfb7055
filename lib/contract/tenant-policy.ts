/**
 * The attributes of a tenant's row that hold the operator's decisions. Commands write them, people edit them with the AWS
 * CLI, a reinstallation inherits them, and the audit keeps earlier values.
 */
export const policyAttributes = [
  'status',
  'status_before_deletion',
  'suspended_by',
  'tier',
  'max_runners',
  'tier_limits',
  'allowed_tiers',
  'weight',
  'runner_level',
  'runner_group',
  'keep_runner_group',
  'allowed_repositories',
  'allow_public_repositories',
  'spend_cap',
  'daily_cap',
  'spend_strict',
] as const;

export type PolicyAttribute = (typeof policyAttributes)[number];
