/**
 * `mayfly tenant validate TENANT`: a line for each setting, here and on GitHub, that the tenant's jobs depend on.
 * Read-only.
 */
import { assertConfig } from '../../config/check-config.ts';
import type { Tenant } from '../../core/tenant.ts';
import { dynamoClient } from '../aws-clients.ts';
import { type Command, type CommandCall, jsonOption } from '../command.ts';
import { githubOf } from '../insight/github-of.ts';
import { findDrain } from '../scale-up-queues.ts';
import { stackOption } from '../setup/stack-option.ts';
import type { Row } from '../verify-report.ts';
import { checkLines, hasFailed } from './check-lines.ts';
import { findReadableTenant, tenantPositional } from './find-tenant.ts';
import { readValidation } from './read-validation.ts';
import { validateRows } from './validate-rules.ts';

export const tenantValidate: Command = {
  name: 'tenant validate',
  summary: 'check that the jobs of a tenant can run: settings, App, group, webhook',
  details: `
Example:
  mayfly tenant validate acme

It asks GitHub about the App, the installation, its runner group and repositories, and sends one request without a
signature to the platform's own webhook address, which must refuse it. It checks at most a thousand repositories, and
the Actions setting of twenty.
`,
  exitOne: 'a check failed; the line below it says how to fix it',
  positionals: [tenantPositional],
  options: [jsonOption, stackOption],
  async run(call) {
    const client = dynamoClient(call);
    const { tenant } = await findReadableTenant({ client, config: call.config }, call.positionals[0] ?? '');
    const rows = await validateTenant(call, tenant);
    call.io.out(call.options['json'] ? `${JSON.stringify(rows)}\n` : checkLines(rows));
    return hasFailed(rows) ? 1 : 0;
  },
};

/** Other commands use it to verify that their change works. */
export async function validateTenant(call: CommandCall, tenant: Tenant): Promise<Row[]> {
  const github = await githubOf(call);
  const [seen, drain] = await Promise.all([
    readValidation(github, assertConfig(call.config).deployment, tenant),
    findDrain(call),
  ]);
  return validateRows({ ...seen, ...(drain && { drain }) });
}
