/**
 * `mayfly host validate`: checks whether these settings would work. It registers one runner with GitHub and removes
 * it again.
 */
import { jsonOption } from '../command.ts';
import { check, hasFailed, render } from './findings.ts';
import { hostCommand, openHost, readConfig } from './open-host.ts';

export const hostValidate = hostCommand(
  {
    name: 'host validate',
    summary: 'check the settings: engine, image, credential, group, repositories',
    details: `
Example:
  mayfly host validate    a line for each check; a failed one says how to fix it

It registers one runner with GitHub and removes it, because only that proves the permission.
`,
    exitOne: 'a check failed',
    options: [jsonOption],
  },
  async (call) => {
    const host = openHost(call);
    const findings = await check(call, host, await readConfig(host));
    call.io.out(call.options['json'] ? `${JSON.stringify(findings)}\n` : render(findings));
    return hasFailed(findings) ? 1 : 0;
  },
);
