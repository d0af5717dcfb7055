import { describe, expect, it } from '@jest/globals';
import { checkHostConfig } from '../../lib/host/check-config.ts';
import { readSettings, writeSettings } from '../../lib/host/env-file.ts';
import { restored, saveVersion, versionToRestore, withoutSecret } from '../../lib/host/versions.ts';
import { createMemoryHostState } from '../fakes/host-state.ts';
import { nonEmpty } from '../support/non-empty.ts';

const configOf = (text: string) => {
  const checked = checkHostConfig(text);
  if (!checked.ok) throw new Error(checked.faults.join('\n'));
  return checked.config;
};
const faultsOf = (text: string) => {
  const checked = checkHostConfig(text);
  return checked.ok ? [] : checked.faults;
};

describe('the settings of a single host', () => {
  it('need only one line', () => {
    expect(configOf('GITHUB_REPOSITORY=acme/app\n')).toMatchObject({
      scope: { kind: 'repository', owner: 'acme', repository: 'app' },
      labels: ['self-hosted', 'linux', 'x64'],
      runners: 1,
      cleanupSeconds: 300,
      credential: { kind: 'gh' },
    });
  });

  it('can be the file of the shell scripts, unchanged', () => {
    const config = configOf(
      [
        'GITHUB_TOKEN=your_oauth_token_here',
        'GITHUB_ORGANIZATION=virtuoso902',
        'RUNNER_NAME=ephemeral-org-runner',
        'RUNNER_GROUP=default',
        'LABELS=self-hosted,Linux,X64,ephemeral,docker,org-runner',
        'EPHEMERAL=true',
        'ALLOWED_REPOSITORIES=coach,mcp,personal,ghActions',
        'RUNNER_WORKDIR=/home/runner/_work',
        'CLEANUP_TIMEOUT=300',
      ].join('\n'),
    );
    expect(config.allowedRepositories).toContain('virtuoso902/ghActions');
    expect(config.credential).toEqual({ kind: 'token', token: 'your_oauth_token_here' });
  });

  it('say what a container is given, and where GitHub is', () => {
    const config = configOf(
      [
        'GITHUB_ORGANIZATION=acme',
        'RUNNER_GROUP=builds',
        'RUNNER_NAME=build.1',
        'RUNNER_WORKDIR=/srv/work-1',
        'RUNNER_IMAGE=registry.example/runner:2',
        'JOB_MEMORY=4g',
        'JOB_CPUS=2.5',
        'JOB_NETWORK=builds',
        'GITHUB_API_URL=http://ghes.example/api/v3//',
      ].join('\n'),
    );
    expect(config).toMatchObject({
      group: 'builds',
      namePrefix: 'build.1',
      workFolder: '/srv/work-1',
      image: 'registry.example/runner:2',
      limits: { memory: '4g', cpus: '2.5' },
      network: 'builds',
      apiUrl: 'http://ghes.example/api/v3',
    });
  });

  it('leave to the engine what they do not say', () => {
    const { limits, ...config } = configOf('GITHUB_ORGANIZATION=acme');
    expect(limits).toEqual({});
    expect(config).not.toHaveProperty('group');
    expect(config).not.toHaveProperty('network');
    expect(config).toMatchObject({ image: 'mayfly-runner', apiUrl: 'https://api.github.com' });
  });

  it.each([
    ['RUNNER_NAME', ['-runner', 'my runner', 'runner/1', 'x'.repeat(41)]],
    ['RUNNER_WORKDIR', ['my work', '~/work', 'work?', 'x'.repeat(201)]],
    ['RUNNER_IMAGE', ['--privileged', 'my image', 'x'.repeat(256)]],
    ['JOB_MEMORY', ['lots', '4 g', '-1', '0', '0.0g', 'g', '4gg', '1.g']],
    ['JOB_CPUS', ['two', '0', '-1', '1,5', '2.', '1e3']],
    ['JOB_NETWORK', ['--pid=host', 'my net', 'x'.repeat(256)]],
    ['GITHUB_API_URL', ['ghes.example', 'ftp://ghes.example', 'see https://ghes.example', 'https://a b']],
  ])('are refused with a %s that is none', (name, values) => {
    for (const value of nonEmpty(values))
      expect(faultsOf(`GITHUB_ORGANIZATION=acme\n${name}="${value}"`)).toEqual([
        expect.stringContaining(`${name} is "${value}"; allowed values are `),
      ]);
  });

  it.each([
    ['RUNNER_IMAGE', ['ghcr.io:443/acme/runner_1:2.3', `runner@sha256:${'a'.repeat(64)}`]],
    ['JOB_MEMORY', ['536870912', '512M', '0.5g', '10t', '1024b', '8k']],
    ['JOB_CPUS', ['2', '0.5', '10']],
    ['JOB_NETWORK', ['none', 'container:builds', 'slirp4netns:mtu=1500,cidr=10.0.2.0/24']],
  ])('take each %s that the engine takes', (name, values) => {
    for (const value of nonEmpty(values))
      expect(faultsOf(`GITHUB_ORGANIZATION=acme\n${name}=${value}`)).toEqual([]);
  });

  it.each<[string, (most: number) => string, number]>([
    ['CLEANUP_TIMEOUT', String, 3_600],
    ['RUNNER_COUNT', String, 50],
    ['LABELS', (count) => Array.from({ length: count }, (_, n) => `label-${n}`).join(), 100],
    ['LABELS', (characters) => 'x'.repeat(characters), 256],
  ])('take no more than a bound in %s', (name, textOf, most) => {
    const faults = (value: string) => faultsOf(`GITHUB_ORGANIZATION=acme\n${name}=${value}`);
    expect(faults(textOf(most))).toEqual([]);
    expect(faults(textOf(most + 1))).toEqual([expect.stringContaining(`${name} is `)]);
  });

  it.each([
    ['neither', '', /Neither is set: GITHUB_ORGANIZATION, GITHUB_REPOSITORY. Set exactly one/],
    ['both', 'GITHUB_ORGANIZATION=acme\nGITHUB_REPOSITORY=acme/app', /Both are set/],
    ['a repository without its owner', 'GITHUB_REPOSITORY=app', /it must be owner\/name/],
    [
      'a group for a repository',
      'GITHUB_REPOSITORY=acme/app\nRUNNER_GROUP=x',
      /runners of a repository are in no group/,
    ],
    [
      'a misspelt name',
      'GITHUB_ORGANIZATION=acme\nLABEL=x',
      /LABEL is not a setting. The settings are: .*LABELS/,
    ],
    [
      'runners that live on',
      'GITHUB_ORGANIZATION=acme\nEPHEMERAL=false',
      /EPHEMERAL is "false"; only true is allowed, .* one job in a fresh container/,
    ],
    [
      'a list whose owner is not known, which is one fault',
      'GITHUB_ORGANIZATION=acme\nGITHUB_REPOSITORY=acme/app\nALLOWED_REPOSITORIES=app,web',
      /^Both are set/,
    ],
    [
      'a repository of too many parts, as it was given',
      'GITHUB_ORGANIZATION=acme\nALLOWED_REPOSITORIES=app,a/b/c',
      /^ALLOWED_REPOSITORIES has "a\/b\/c"; each must be a name/,
    ],
    [
      'a text in place of a number',
      'GITHUB_ORGANIZATION=acme\nRUNNER_COUNT=many',
      /whole number from 1 to 50/,
    ],
    ['other repositories', 'GITHUB_REPOSITORY=acme/app\nALLOWED_REPOSITORIES=web', /serves no other/],
    [
      'two credentials',
      'GITHUB_ORGANIZATION=a\nGITHUB_TOKEN=x\nGITHUB_APP_ID=1\nGITHUB_APP_PRIVATE_KEY_FILE=k',
      /both set/,
    ],
    ["only a part of the App's settings", 'GITHUB_ORGANIZATION=acme\nGITHUB_APP_ID=1', /belong together/],
    ['a line without a setting', 'GITHUB_ORGANIZATION=acme\nhello', /line 2 is not a setting/],
    ['a setting twice', 'GITHUB_ORGANIZATION=acme\nLABELS=a\nLABELS=b', /LABELS a second time/],
  ])('are refused with %s', (_what, text, fault) => {
    expect(faultsOf(text)).toEqual([expect.stringMatching(fault)]);
  });

  it('are refused with all errors at once, and without the token', () => {
    const faults = faultsOf(
      'GITHUB_TOKEN=ghp_secret\nCLEANUP_TIMEOUT=0\nCONTAINER_ENGINE=lxc\nDOCKER_SOCKET=maybe',
    );
    expect(faults).toHaveLength(4);
    expect(faults.join(' ')).not.toContain('ghp_secret');
  });
});

describe('a settings file', () => {
  const text = '# mine\nexport A="1 2"\n\n# B=3\nC=x # y\n';
  it('is read as a shell would read it, except that nothing is executed', () => {
    expect(readSettings(text)).toEqual({ settings: { A: '1 2', C: 'x # y' }, faults: [] });
    expect(readSettings('D=$(rm -rf /)').settings).toEqual({ D: '$(rm -rf /)' });
  });

  it('keeps its comments and order when it is changed', () => {
    expect(writeSettings(text, { C: undefined, A: '9', E: '5' })).toBe(
      '# mine\nA=9\n\n# B=3\n# C=x # y\nE=5\n',
    );
  });
});

describe('versions of the settings', () => {
  const save = async (state: ReturnType<typeof createMemoryHostState>, text: string, worked: boolean) => {
    const number = await saveVersion(state, { text, why: 'start', now: 1 });
    const version = (await state.versions()).find((one) => one.number === number);
    if (version) await state.putVersion({ ...version, worked });
  };

  it('contain no token, and are one version for the same settings', async () => {
    const state = createMemoryHostState('');
    await save(state, 'A=1\nGITHUB_TOKEN=ghp_one\n', false);
    await save(state, 'A=1\nGITHUB_TOKEN=ghp_two\n', false);
    expect(await state.versions()).toMatchObject([{ number: 1, text: 'A=1\nGITHUB_TOKEN=\n' }]);
  });

  it("can be rolled back to the newest that worked, with today's token", async () => {
    const state = createMemoryHostState('');
    await save(state, 'A=1\nGITHUB_TOKEN=old\n', true);
    await save(state, 'A=2\n', false);
    await save(state, 'A=3\n', true);
    const found = versionToRestore(await state.versions(), { text: 'A=3\n' });
    expect(found?.number).toBe(1);
    expect(found && restored(found, 'A=3\nGITHUB_TOKEN=new\n')).toBe('A=1\nGITHUB_TOKEN=new\n');
    expect(withoutSecret('A=1\n')).toBe('A=1\n');
  });
});
