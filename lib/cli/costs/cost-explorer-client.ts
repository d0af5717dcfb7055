import { CostExplorerClient } from '@aws-sdk/client-cost-explorer';
import { awsOptions } from '../aws-clients.ts';
import type { CommandCall } from '../command.ts';

/** One endpoint serves all regions of a partition. Source: https://docs.aws.amazon.com/general/latest/gr/billing.html */
export const costExplorer = (call: CommandCall) =>
  new CostExplorerClient({
    ...awsOptions(call),
    region: call.config.region.startsWith('cn-') ? 'cn-northwest-1' : 'us-east-1',
  });
