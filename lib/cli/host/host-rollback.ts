/**
 * `mayfly host rollback`: returns to the last settings that worked. It checks them before, and verifies them
 * afterwards.
 */
import { restored, versionToRestore } from '../../host/versions.ts';
import type { SettingsVersion } from '../../ports/host-state.ts';
import { printableLine } from '../printable.ts';
import { applySettings } from './apply-settings.ts';
import { HostFault } from './host-fault.ts';
import { hostCommand, openHost, secondsOption } from './open-host.ts';

export const hostRollback = hostCommand(
  {
    name: 'host rollback',
    summary: 'go back to the last settings that worked',
    details: `
Examples:
  mayfly host rollback            to the newest other version whose runners came online
  mayfly host rollback --list     every version
  mayfly host rollback --to 3     to this one

It first runs the checks of mayfly host validate on that version. It keeps the current token: versions do not store
tokens, and an old one may have been revoked.
`,
    exitOne: 'there is nothing to go back to, a check failed, or no runner came online',
    options: [
      { flags: '--to <version>', description: 'a version’s number' },
      { flags: '--list', description: 'list the versions and change nothing' },
      { flags: '--dry-run', description: 'show what would change' },
      { flags: '--wait <seconds>', description: 'how long to wait for the first runner', default: '90' },
    ],
  },
  async (call) => {
    const host = openHost(call);
    const versions = await host.state.versions();
    if (call.options['list']) {
      call.io.out(versions.map(line).join('') || 'There are no versions yet.\n');
      return 0;
    }
    const current = await host.state.settings();
    const number = secondsOption(call, 'to');
    const version = versionToRestore(versions, {
      text: current,
      ...(number === undefined ? {} : { number }),
    });
    if (!version) {
      const what = number === undefined ? 'No other version has worked' : `There is no version ${number}`;
      throw new HostFault(`${what}. See: npx mayfly host rollback --list`);
    }
    call.io.out(`Back to version ${line(version)}`);
    return applySettings(call, host, {
      text: restored(version, current),
      why: `rollback to ${version.number}`,
    });
  },
);

const line = ({ number, savedAt, why, worked }: SettingsVersion) =>
  `${number}  ${new Date(savedAt).toISOString()}  ${worked ? 'worked' : 'never seen online'}  ${printableLine(why)}\n`;
