/** Configurations with every option in use that changes what a role may do, or which resources there are. */
import type { MayflyConfig } from '../../lib/config/config.ts';
import { configWith, defaultConfig } from '../config/configurations.ts';

const { small, ...others } = defaultConfig.tiers;

/** With these, the templates hold every grant. */
export const everyOption: MayflyConfig = configWith({
  network: { nat: true },
  alarmEmail: 'operator@example.com',
  machineImages: {},
  costsExport: {},
  kmsKeyArn: 'arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef',
  tiers: {
    small: { ...small!, spot: true, instanceRoleArn: 'arn:aws:iam::123456789012:role/jobs-of-small' },
    ...others,
  },
});

/** With a tier whose image a parameter of the account holds. */
export const ownImage: MayflyConfig = configWith({
  tiers: { small: { ...small!, image: 'resolve:ssm:/images/own:3' } },
});

/** In place of a network of its own. */
export const existingNetwork: MayflyConfig = configWith({
  network: {
    vpcId: 'vpc-0123456789abcdef0',
    subnets: [{ id: 'subnet-0123456789abcdef0', zone: 'us-east-1a' }],
  },
});
