import { describe, expect, it } from '@jest/globals';
import { assertConfig } from '../../lib/config/check-config.ts';
import { appManifest, defaultLevel, newAppUrl, type RunnerLevel } from '../../lib/core/app-manifest.ts';
import { configWith } from '../config/configurations.ts';

const manifestOf = (level: RunnerLevel, rerunsJobs = false) =>
  appManifest({
    name: 'runners',
    level,
    rerunsJobs,
    isPublic: false,
    webhookUrl: 'https://hook.example/',
    redirectUrl: 'https://setup.example/callback',
  });

describe('the manifest', () => {
  it('requests the least permissions with which the owner can have runners, by default', () => {
    expect([defaultLevel('organization'), defaultLevel('account')]).toEqual(['organization', 'repository']);
  });

  it.each([
    ['organization', { organization_self_hosted_runners: 'write' }],
    ['repository', { administration: 'write' }],
    ['both', { organization_self_hosted_runners: 'write', administration: 'write' }],
  ] as const)('for runners of %s requests nothing else', (level, runners) => {
    expect(manifestOf(level).default_permissions).toEqual({ metadata: 'read', actions: 'read', ...runners });
  });

  it('requests Actions write only to re-run jobs', () => {
    expect(manifestOf('both', true).default_permissions).toMatchObject({ actions: 'write' });
  });

  it('subscribes to jobs and sends them to the webhook', () => {
    expect(manifestOf('both')).toMatchObject({
      default_events: ['workflow_job'],
      hook_attributes: { url: 'https://hook.example/', active: true },
      redirect_url: 'https://setup.example/callback',
    });
  });
});

describe('where a GitHub host creates Apps, and where its API is', () => {
  it.each([
    ['github.com', 'https://github.com', 'https://api.github.com'],
    ['octo.ghe.com', 'https://octo.ghe.com', 'https://api.octo.ghe.com'],
    ['github.example.com', 'https://github.example.com', 'https://github.example.com/api/v3'],
  ])('%s', (githubHost, web, api) => {
    const { githubWebUrl, githubApiUrl } = assertConfig(configWith({ githubHost }));
    expect(githubApiUrl).toBe(api);
    const state = 'a.b';
    expect(newAppUrl(githubWebUrl, { state })).toBe(`${web}/settings/apps/new?state=a.b`);
    expect(newAppUrl(githubWebUrl, { state, organization: 'acme' })).toBe(
      `${web}/organizations/acme/settings/apps/new?state=a.b`,
    );
  });

  it('a server behind another name, as the configuration says', () => {
    const githubWebUrl = 'https://code.example.com:8443/';
    expect(assertConfig(configWith({ githubWebUrl })).githubWebUrl).toBe('https://code.example.com:8443');
  });
});
