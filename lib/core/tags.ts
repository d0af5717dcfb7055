/**
 * The tags on machines and their volumes. Cost Explorer reports by the first three; `launch` finds a launch whose answer was
 * lost, a machine reads its own `ticket` (as instance metadata); the others are for people.
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
