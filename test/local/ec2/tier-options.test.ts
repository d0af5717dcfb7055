/** What a tier adds to its machines' boot, and what it takes away from the job's user, with the real boot script. */
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from './given.ts';
import { givenMachineWorld, type MachineWorldOptions } from './machine-world.ts';

let world: Awaited<ReturnType<typeof givenMachineWorld>>;
afterEach(() => world.close());

/** A machine that is told to stand down as soon as it claims; resolves with its console when it has ended. */
async function bootedWith(options: Omit<MachineWorldOptions, 'claims'>): Promise<string> {
  world = await givenMachineWorld({ ...options, claims: () => [standDown] });
  await eventually(
    () => world.machine.state,
    (state) => state === 'terminated',
  );
  return world.machine.console;
}
const standDown = { status: 200, body: 'action=stand-down\nwhy=nothing waits\n' };

/** Uses one of this machine's tools in place of the laptop's stand-in, as another image would. */
const tool = (name: string, script: string) =>
  `file="$(dirname "$(command -v useradd)")/${name}"
   rm -f "$file"
   printf '%s\n' '#!/usr/bin/env bash' '${script}' >"$file"
   chmod +x "$file"`;

describe('extra user data', () => {
  it('runs to its end before the machine asks what to run, and prints to the console', async () => {
    const console = await bootedWith({
      extraUserData: 'read -r line || line="no input"\necho "1: $line"\necho 2',
    });

    expect(console).toMatch(
      /extra-user-data running this tier's own script\n1: no input\n2\n[\s\S]*asking what to run/,
    );
    expect(world.paths()).toEqual(['/claim']);
  });

  it('ends the boot at its first failing command', async () => {
    const console = await bootedWith({ extraUserData: '(exit 3)\necho "not reached"' });

    expect(console).toMatch(/ extra-user-data it failed with 3\n[\s\S]*power-off status 1\n/);
    expect(console).not.toContain('not reached');
    expect(world.paths()).toEqual([]);
  });

  it('gets no secret', async () => {
    const console = await bootedWith({ extraUserData: 'echo "<$(env)>"; set' });

    expect(console).toContain('<');
    expect(console).not.toContain('ticket.of-launch');
    expect(console).not.toMatch(/^(token|nonce|request|signature)=/m);
  });
});

describe("the job's user", () => {
  const sayGroups = tool('usermod', 'echo "usermod [$1] [$2] [$3]"');

  it('may use Docker by default, if the image has it', async () => {
    const console = await bootedWith({ extraUserData: sayGroups });
    expect(console).toContain('usermod [--append] [--groups] [docker]');
  });

  it('sees that it has no Docker if the image has none, like the stock one', async () => {
    const console = await bootedWith({});
    expect(console).toMatch(/ user there is no Docker for the job\n[\s\S]*asking what to run/);
  });

  /** Runs as the job's user would, just before the machine powers off. */
  const sudoOfJob = `${tool('poweroff', 'runuser -u runner -- sudo -n printf "the job is root"; printf x >&3')}
    runuser -u runner -- sudo -n true || echo "no sudo as the image is"`;

  it('may use sudo, which the image itself does not allow', async () => {
    const console = await bootedWith({ extraUserData: sudoOfJob });
    expect(console).toMatch(/no sudo as the image is\n[\s\S]*the job is root/);
  });

  it('may not use sudo on a rootless tier', async () => {
    const console = await bootedWith({ rootless: true, extraUserData: sudoOfJob });
    expect(console).toContain('a password is required');
    expect(console).not.toContain('the job is root');
    expect(world.paths()).toEqual(['/claim']);
  });

  it.each([true, false])('reaches the metadata service only as root (rootless: %s)', async (rootless) => {
    // With newuidmap the user runner can become any of its 65,536 subordinate users.
    const console = await bootedWith({ rootless, extraUserData: tool('iptables', 'echo "rule $*"') });
    expect(console).toContain('rule -w -I OUTPUT -d 169.254.169.254 -m owner ! --uid-owner 0 -j REJECT');
  });

  it('belongs to no other group on a rootless tier', async () => {
    const console = await bootedWith({ rootless: true, extraUserData: sayGroups });
    expect(console).toContain('usermod [--groups] [] [runner]');
    expect(world.paths()).toEqual(['/claim']);
  });

  it.each([
    ['sudo', tool('sudo', 'exit 0'), 'the image lets the user runner use sudo'],
    [
      'the metadata service',
      tool('iptables', 'exit 4'),
      'iptables failed, and jobs of this tier must not reach',
    ],
    ['groups', tool('usermod', 'exit 1'), "the runner's groups could not be taken away"],
  ])('never gets a job on a rootless tier if it could use %s', async (_, extraUserData, line) => {
    const console = await bootedWith({ rootless: true, extraUserData });

    expect(console).toContain(line);
    expect(world.paths()).toEqual([]);
  });

  it('still gets its job if the tier is not rootless', async () => {
    const console = await bootedWith({ extraUserData: tool('iptables', 'exit 4') });

    expect(console).toContain('harden iptables failed: the job can reach 169.254.169.254');
    expect(world.paths()).toEqual(['/claim']);
  });
});
