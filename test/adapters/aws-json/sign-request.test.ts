import { describe, expect, it } from '@jest/globals';
import { signedHeaders } from '../../../lib/adapters/aws-json/sign-request.ts';

const request = {
  method: 'POST',
  path: '/',
  service: 'service',
  region: 'us-east-1',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  at: Date.UTC(2015, 7, 30, 12, 36),
} as const;
const host = 'example.amazonaws.com';

/** Source: AWS's own test suite for Signature Version 4. */
describe('a signature', () => {
  it("matches the test suite's post-vanilla", () => {
    const { authorization } = signedHeaders({ ...request, headers: { host }, body: '' });
    expect(authorization).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, ' +
        'Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    );
  });

  it("matches the test suite's post-x-www-form-urlencoded", () => {
    const headers = { host, 'content-type': 'application/x-www-form-urlencoded' };
    const { authorization } = signedHeaders({ ...request, headers, body: 'Param1=value1' });
    expect(authorization).toContain(
      'Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
    );
  });

  it('uses the given day and key, whatever was signed before', () => {
    const signatureOf = (over: object) => signedHeaders({ ...request, headers: { host }, body: '', ...over });
    const before = signatureOf({}).authorization;
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'another' };
    expect(signatureOf({ credentials }).authorization).not.toBe(before);
    expect(signatureOf({ at: request.at + 86_400_000 }).authorization).toContain('/20150831/');
    expect(signatureOf({}).authorization).toBe(before);
  });
});
