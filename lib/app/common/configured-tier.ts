/** A deploy may rename or remove a tier while rows and messages still name it. Such a tier has no queue, and gets no machines. */
import type { Deployment } from '../../contract/deployment.ts';
import type { TierName } from '../../core/ids.ts';

export const isConfigured = (
  { deployment }: { readonly deployment: Pick<Deployment, 'tiers'> },
  tier: TierName | undefined,
): tier is TierName => deployment.tiers.some(({ name }) => name === tier);
