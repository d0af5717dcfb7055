/**
 * What the laptop says as Cost Explorer, as Data Exports, as the Price List and of spot prices, held against botocore's models of these services:
 * AWS's own description of each answer. botocore also checks each request, as it does for everybody who calls AWS with it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { definitionOf } from '../../../lib/cli/costs/export/data-exports.ts';
import { createCostExplorerService } from '../../../lib/local/aws/cost-explorer.ts';
import { startAwsEndpoint } from '../../../lib/local/aws/endpoint.ts';
import { createPricingService } from '../../../lib/local/aws/pricing.ts';
import type { BillLine } from '../../../lib/local/bill/bill-lines.ts';
import { createEc2 } from '../../../lib/local/ec2/ec2.ts';
import { givenBillExport } from '../../support/costs-export.ts';
import { type Check, type Outcome, verdict } from '../support/check.ts';
import { runProgram } from '../support/run-program.ts';
import { pythonTools } from '../support/toolbox.ts';

const region = 'us-east-1';
const accountId = '123456789012';
const program = fileURLToPath(new URL('../support/botocore/hold_to_models.py', import.meta.url));

const dayBefore = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
const firstOfMonth = `${dayBefore(0).slice(0, 7)}-01T00:00:00Z`;

const lines: readonly BillLine[] = ['BoxUsage:t3.medium', 'EBS:VolumeUsage.gp3'].map((usageType) => ({
  day: dayBefore(1),
  usageType,
  micros: 41_600,
  tags: new Map([['ghr:tenant_id', '101']]),
}));

const exportPlace = { environment: 'my-saas', region, account: accountId };
const firstExport = `arn:aws:bcm-data-exports:us-east-1:${accountId}:export/first`;

/** In this order: a tag is active before the bill is grouped by it. */
const questions = [
  { service: 'ce', operation: 'ListCostAllocationTags', input: { Type: 'UserDefined' } },
  {
    service: 'ce',
    operation: 'UpdateCostAllocationTagsStatus',
    input: {
      CostAllocationTagsStatus: [
        { TagKey: 'ghr:tenant_id', Status: 'Active' },
        { TagKey: 'never-billed', Status: 'Active' },
      ],
    },
  },
  { service: 'ce', operation: 'ListCostAllocationTags', input: { Status: 'Active' } },
  { service: 'ce', operation: 'StartCostAllocationTagBackfill', input: { BackfillFrom: firstOfMonth } },
  {
    service: 'ce',
    operation: 'GetCostAndUsage',
    input: {
      TimePeriod: { Start: dayBefore(20), End: dayBefore(0) },
      Granularity: 'DAILY',
      Metrics: ['UnblendedCost'],
      GroupBy: [
        { Type: 'TAG', Key: 'ghr:tenant_id' },
        { Type: 'DIMENSION', Key: 'USAGE_TYPE' },
      ],
    },
  },
  { service: 'bcm-data-exports', operation: 'CreateExport', input: { Export: definitionOf(exportPlace) } },
  { service: 'bcm-data-exports', operation: 'ListExports', input: {} },
  { service: 'bcm-data-exports', operation: 'GetExport', input: { ExportArn: firstExport } },
  { service: 'bcm-data-exports', operation: 'DeleteExport', input: { ExportArn: firstExport } },
  {
    service: 'pricing',
    operation: 'GetProducts',
    input: {
      ServiceCode: 'AmazonEC2',
      Filters: [{ Type: 'TERM_MATCH', Field: 'regionCode', Value: region }],
      MaxResults: 100,
    },
  },
  {
    service: 'ec2',
    operation: 'DescribeSpotPriceHistory',
    input: { InstanceTypes: ['t3.medium', 'm5.large'], ProductDescriptions: ['Linux/UNIX'] },
  },
];

export const botocore: Check = {
  name: 'botocore',
  async run(tell): Promise<Outcome> {
    const python = join(await pythonTools(tell), 'python');
    const workDirectory = mkdtempSync(join(tmpdir(), 'mayfly-botocore-'));
    const ec2 = createEc2({ region, accountId, workDirectory, bootMilliseconds: 5 });
    ec2.defineSubnet({ subnetId: 'subnet-a', availabilityZone: `${region}a` });
    const costs = createCostExplorerService(Date.now, () => lines);
    costs.setDials({ billed: ['ghr:tenant_id'] });
    const { s3, exports } = givenBillExport({ ...exportPlace, bill: costs, newId: () => firstExport });
    const services = [costs, createPricingService(region), s3, exports, ec2];
    const endpoint = await startAwsEndpoint({ region, accountId, services });
    tell('each answer against its model');
    try {
      const { accessKeyId, secretAccessKey } = endpoint.operatorCredentials;
      const { code, out, error } = await runProgram({
        command: python,
        args: [program, JSON.stringify({ url: endpoint.url, region, questions })],
        variables: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
        seconds: 300,
      });
      if (code !== 0) return verdict('no answers', [error.trim().split('\n').slice(-3).join(' ')]);
      const { answers, spoiled, findings } = JSON.parse(out) as {
        answers: number;
        spoiled: number;
        findings: string[];
      };
      return verdict(`${answers} answers, ${spoiled} spoiled ones found`, findings);
    } finally {
      await endpoint.close();
      await ec2.close();
      rmSync(workDirectory, { recursive: true, force: true });
    }
  },
};
