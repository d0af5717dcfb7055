/** An app of your own: the platform in one stack, and what you make of it in another. */
import { App } from 'aws-cdk-lib';
import { PlatformStack } from './platform-stack.ts';
import { TenantReportStack } from './tenant-report-stack.ts';

const app = new App();
const env = { region: 'us-east-1' };
const { mayfly } = new PlatformStack(app, 'CiPlatform', { env });
new TenantReportStack(app, 'CiTenantReport', { env, mayfly });
