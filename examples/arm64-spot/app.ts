/**
 * Graviton machines on spot, in two environments side by side: staging, where new tenants wait for approval and few
 * machines may live, and production, whose alarms go to a topic of the app's own.
 */
import { App, Stack } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Mayfly, type MayflyProps } from 'mayfly';

const tiers: MayflyProps['tiers'] = {
  medium: {
    labels: ['self-hosted', 'linux', 'arm64', 'medium'],
    architecture: 'arm64',
    instanceTypes: ['m7g.large', 'm6g.large', 't4g.large'],
    maxRunners: 5,
    spot: true,
  },
  xlarge: {
    labels: ['self-hosted', 'linux', 'arm64', 'xlarge'],
    architecture: 'arm64',
    instanceTypes: ['c7g.4xlarge', 'c6g.4xlarge'],
    maxRunners: 2,
    spot: true,
    capOverAllTenants: 10,
  },
};

const app = new App();
const env = { region: 'eu-central-1' };

new Mayfly(new Stack(app, 'RunnersStaging', { env }), 'Runners', {
  environment: 'staging',
  tiers,
  onboarding: 'approve',
  caps: { machinesInAll: 5 },
  observability: false,
});

const production = new Stack(app, 'RunnersProduction', { env });
new Mayfly(production, 'Runners', {
  environment: 'production',
  tiers,
  alarmTopic: new Topic(production, 'Pager'),
});
