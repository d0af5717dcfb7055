/**
 * The tags on machines and their volumes. The first three are what Cost Explorer reports by; `launch` is how a launch whose
 * answer was lost is found again, `ticket` how a machine learns its own (as instance metadata); the others are for people.
 */
export const tagKeys = {
  tenant: 'ghr:tenant_id',
  tier: 'ghr:tenant_tier',
  environment: 'ghr:environment',
  level: 'ghr:runner_level',
  group: 'ghr:runner_group',
  launch: 'ghr:launch_id',
  ticket: 'ghr:launch_ticket',
} as const;
