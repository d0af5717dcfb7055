import { describe, expect, it } from '@jest/globals';
import { readAnswer } from '../../../lib/core/controllers/callback-answer.ts';
import { isPublicAddress } from '../../../lib/core/controllers/public-address.ts';

describe('an address', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '2606:4700::1111',
    '2a00:1450::1',
  ])('is public: %s', (address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    'fd00:ec2::254',
    'fe80::1',
    'fe80::1%eth0',
    'ff02::1',
    '2002:a9fe:a9fe::',
    '2001::1',
    '2001:db8::1',
    '3fff::1',
    '1::2::3',
    '2606:4700',
    '1.2.3',
    '01.2.3.4',
    'example.com',
    '',
  ])('is not public: %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe('an answer', () => {
  it.each([
    ['{"id":"q","decision":"admit"}', { kind: 'answered', vote: 'admit' }],
    ['{"id":"q","decision":"reject","reason":"No."}', { kind: 'answered', vote: 'reject', reason: 'No.' }],
    ['{"id":"q","decision":"admit","reason":""}', { kind: 'answered', vote: 'admit' }],
  ])('is accepted: %s', (text, answer) => {
    expect(readAnswer(text, 'q')).toEqual(answer);
  });

  it.each([
    '',
    'admit',
    'null',
    '[]',
    '"admit"',
    '{}',
    '{"decision":"admit"}',
    '{"id":"other","decision":"admit"}',
    '{"id":"q","decision":"ADMIT"}',
    '{"id":"q","decision":true}',
    '{"id":"q","decision":"reject","reason":1}',
  ])('is a failure, not a rejection: %s', (text) => {
    expect(readAnswer(text, 'q').kind).toBe('failed');
  });

  it('keeps a reason of a bounded length', () => {
    const answer = readAnswer(
      JSON.stringify({ id: 'q', decision: 'reject', reason: 'x'.repeat(5_000) }),
      'q',
    );
    expect(answer.kind === 'answered' && answer.reason?.length).toBe(512);
  });
});
