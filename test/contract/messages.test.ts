import { describe, expect, it } from '@jest/globals';
import { MalformedMessage, parseMessage } from '../../lib/contract/messages.ts';
import { givenEvent } from '../support/given.ts';
import { fc } from '../support/properties.ts';

describe('parseMessage', () => {
  it.each([
    ['a job event', givenEvent({ runnerName: 'i-0123456789abcdef0', conclusion: 'success' })],
    ['a poke', { kind: 'poke', installationId: 101, tier: 'small' }],
    [
      'an installation event',
      {
        kind: 'installation',
        event: 'installation.created',
        installationId: 101,
        repositoriesRemoved: [],
        delivery: 'd',
      },
    ],
    [
      'a removal that was sent again',
      {
        ...{ kind: 'installation', event: 'installation_repositories.removed', installationId: 101 },
        ...{ repositoriesRemoved: ['acme/app'], repositoryIdsRemoved: [7], slowLists: 2, delivery: 'd' },
      },
    ],
    [
      'a job to run again',
      { kind: 'rerun-job', installationId: 101, jobId: 1, repository: 'acme/app', until: 5 },
    ],
    ['a job event of a second attempt', givenEvent({ runAttempt: 2 })],
    [
      'the end of a machine that nobody reported',
      { kind: 'instance', installationId: 101, instanceId: 'i-1', state: 'terminated' },
    ],
    ['a drain', { kind: 'drain-tenant', installationId: 101 }],
  ])('reads %s as it was sent', (_title, message) => {
    expect(parseMessage(JSON.stringify(message))).toEqual(message);
  });

  it("reads EventBridge's word about an instance", () => {
    const event = {
      'detail-type': 'EC2 Instance State-change Notification',
      detail: { 'instance-id': 'i-1', state: 'terminated' },
    };
    expect(parseMessage(JSON.stringify(event))).toEqual({
      kind: 'instance',
      instanceId: 'i-1',
      state: 'terminated',
    });
  });

  it("reads EventBridge's word about a spot machine that is taken back", () => {
    const event = {
      'detail-type': 'EC2 Spot Instance Interruption Warning',
      detail: { 'instance-id': 'i-1', 'instance-action': 'terminate' },
    };
    expect(parseMessage(JSON.stringify(event))).toEqual({ kind: 'spot-warning', instanceId: 'i-1' });
  });

  it.each([
    ['text', 'hello', /not JSON: "hello"/],
    ['a list', '[1]', /not a JSON object/],
    ['an unknown kind', '{"kind":"party"}', /kind "party"; allowed values are job, poke/],
    ["a kind that is a name of JavaScript's own", '{"kind":"__proto__"}', /kind "__proto__"; allowed/],
    ['a kind that is no text', '{"kind":{"toString":1}}', /kind \{"toString":1\}; allowed/],
    [
      'a job without an id',
      JSON.stringify({ ...givenEvent(), jobId: undefined }),
      /jobId is undefined; it must be a whole number/,
    ],
    [
      'a job with an unknown action',
      JSON.stringify({ ...givenEvent(), action: 'danced' }),
      /action is "danced"; it must be one of queued/,
    ],
  ])('says what is wrong with %s', (_title, body, words) => {
    expect(() => parseMessage(body)).toThrow(words);
  });

  it('throws nothing but MalformedMessage, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.object().map((value) => JSON.stringify({ kind: 'job', ...value })),
        ),
        (body) => {
          try {
            parseMessage(body);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedMessage);
          }
        },
      ),
    );
  });
});
