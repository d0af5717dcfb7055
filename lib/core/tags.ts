/**
 * The tags on machines and their volumes. The first three are what Cost Explorer reports by; the last two are how a
 * launch whose answer was lost is found again, and how a machine learns its ticket (as instance metadata).
 */
export const tagKeys = {
  tenant: 'ghr:tenant_id',
  tier: 'ghr:tenant_tier',
  environment: 'ghr:environment',
  launch: 'ghr:launch_id',
  ticket: 'ghr:launch_ticket',
} as const;
