/**
 * Grants of paths that no end-to-end test takes for sure: a forgotten machine, a fleet whose answer was lost twice, who waits
 * for a cap, a refusal that lasts, a machine that ran an unknown job. Each has a line of code that needs it, which
 * document.test.ts holds; a test that takes the path should take the grant off this list.
 */
export const rareGrants: readonly string[] = [
  'claim Tenants dynamodb:UpdateItem on table',
  'lifecycle Describe ec2:DescribeInstances on *',
  'lifecycle Tenants dynamodb:BatchGetItem on table',
  'reconciler Jobs dynamodb:BatchGetItem on table',
  'reconciler Jobs dynamodb:UpdateItem on table',
  'reconciler Runners dynamodb:GetItem on table',
  'reconciler Runners dynamodb:UpdateItem on table',
  'scale-up Describe ec2:DescribeFleets on *',
  'scale-up Jobs dynamodb:GetItem on table',
  'scale-up Runners dynamodb:GetItem on table',
  'scale-up Tenants dynamodb:BatchGetItem on table',
  'sweep Describe ec2:DescribeFleets on *',
  'sweep Notes dynamodb:UpdateItem on table',
  'sweep Tenants dynamodb:BatchGetItem on table',
  'tenant-manager Jobs dynamodb:GetItem on table',
  'tenant-manager Runners dynamodb:GetItem on table',
  'tenant-manager Runners dynamodb:UpdateItem on table',
];
