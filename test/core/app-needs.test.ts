import { describe, expect, it } from '@jest/globals';
import { appManifest, runnerLevels } from '../../lib/core/app-manifest.ts';
import { missingInApp } from '../../lib/core/app-needs.ts';

const events = ['workflow_job'];
const runners = { organization_self_hosted_runners: 'write' };

describe('an App that was created by hand', () => {
  it.each(runnerLevels)('lacks nothing if it requests the same as the manifest: %s', (level) => {
    const wishes = { name: 'runners', level, isPublic: false, rerunsJobs: false };
    const { default_permissions: permissions, default_events } = appManifest({
      ...wishes,
      webhookUrl: 'https://example.com/',
      redirectUrl: 'https://example.com/',
    });
    expect(missingInApp({ permissions, events: default_events })).toEqual([]);
  });

  it('lacks nothing with more than that', () => {
    const permissions = { ...runners, actions: 'write', administration: 'write', issues: 'read' };
    expect(missingInApp({ permissions, events: ['push', ...events] })).toEqual([]);
  });

  it.each([
    ['the event', { ...runners, actions: 'read' }, [], /^Subscribe to events, Workflow job/],
    ['Actions', runners, events, /^Repository permissions, Actions: read-only/],
    ['runners', { actions: 'read' }, events, /Self-hosted runners: read and write.*Administration/],
    [
      'more than reading of runners',
      { actions: 'read', organization_self_hosted_runners: 'read', administration: 'read' },
      events,
      /Self-hosted runners: read and write/,
    ],
  ])('lacks %s', (_what, permissions, its, words) => {
    expect(missingInApp({ permissions, events: its })).toEqual([expect.stringMatching(words)]);
  });
});
