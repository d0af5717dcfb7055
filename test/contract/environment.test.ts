import { describe, expect, it } from '@jest/globals';
import { readTierUrls, tierUrlsText } from '../../lib/contract/environment.ts';

const urls = {
  small: 'https://sqs.eu-west-1.amazonaws.com/1/small',
  large: 'https://sqs.eu-west-1.amazonaws.com/1/large',
};

describe("the URLs of the tiers' queues", () => {
  it('are read as they were written', () => {
    expect(readTierUrls(tierUrlsText(new Map(Object.entries(urls))))).toEqual(urls);
  });

  it('are read from the variables of an earlier version, which may be in force beside this code', () => {
    expect(readTierUrls(JSON.stringify(urls))).toEqual(urls);
  });

  it.each(['', 'small', 'small=', '=https://a', 'small=https://a=b', 'small=https://a,'])(
    'are not %j',
    (text) => {
      expect(() => readTierUrls(text)).toThrow(`TIER_QUEUE_URLS is ${text}; it must be like`);
    },
  );
});
