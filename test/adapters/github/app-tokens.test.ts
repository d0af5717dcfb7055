import { describe, expect, it } from '@jest/globals';
import { createAppTokens } from '../../../lib/adapters/github/app-tokens.ts';

/** Signs tokens that hold for so long; their number is their text. */
function appWhoseTokensLast(minutes: number) {
  let signed = 0;
  const auth = async () => {
    signed += 1;
    return { token: `token ${signed}`, expiresAt: new Date(Date.now() + minutes * 60_000).toISOString() };
  };
  return { octokit: { auth } } as never;
}

describe('tokens of the App', () => {
  it('are signed once for calls that meet, and for those that follow', async () => {
    const tokens = createAppTokens(appWhoseTokensLast(9.5));
    const first = { token: 'token 1', isNew: true };
    expect(await Promise.all([tokens.current(), tokens.current()])).toEqual([first, first]);
    expect(await tokens.current()).toEqual({ token: 'token 1', isNew: false });
  });

  it('are signed again when less than five minutes are left', async () => {
    const tokens = createAppTokens(appWhoseTokensLast(4.9));
    await tokens.current();
    expect(await tokens.current()).toEqual({ token: 'token 2', isNew: true });
  });

  it('are signed again once one is dropped, and not for one that was replaced before', async () => {
    const tokens = createAppTokens(appWhoseTokensLast(9.5));
    const { token } = await tokens.current();
    tokens.drop(token);
    expect(await tokens.current()).toEqual({ token: 'token 2', isNew: true });
    tokens.drop(token);
    expect(await tokens.current()).toEqual({ token: 'token 2', isNew: false });
  });

  it('are asked for again where signing failed', async () => {
    let calls = 0;
    const auth = async () => {
      calls += 1;
      if (calls === 1) throw new Error('no key');
      return { token: 'good', expiresAt: new Date(Date.now() + 570_000).toISOString() };
    };
    const tokens = createAppTokens({ octokit: { auth } } as never);
    await expect(tokens.current()).rejects.toThrow('no key');
    expect(await tokens.current()).toEqual({ token: 'good', isNew: true });
  });
});
