/**
 * Makes sure that no check can reach an AWS account of whoever runs it: what the environment says of one is forgotten, the
 * files in the home folder are not read, and the credentials that are left are good for a stand-in alone.
 */

const standIn = {
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'us-east-1',
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_EC2_METADATA_DISABLED: 'true',
} as const;

/** For this process and all that it starts. */
export function forgetAccounts(variables: NodeJS.ProcessEnv = process.env): void {
  for (const name of Object.keys(variables)) {
    if (name.startsWith('AWS_') || name.startsWith('CDK_')) delete variables[name];
  }
  Object.assign(variables, standIn);
}
