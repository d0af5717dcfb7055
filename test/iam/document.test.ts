/** docs/IAM.md tells what the templates grant and what the code needs, as they are now. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { asList } from '../../lib/local/aws/iam/statement.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { documentPath, everyPolicy, freshDocument } from './fresh-document.ts';
import { wildcardReason } from './wildcards.ts';

describe('docs/IAM.md', () => {
  it('is up to date; `npm run iam` writes it anew', () => {
    expect(readFileSync(documentPath, 'utf8')).toBe(freshDocument());
  });
});

describe('the policies of all stacks, those that CDK makes by itself too', () => {
  const policies = everyPolicy();
  const allowing = policies.flatMap(({ of, statements }) =>
    statements.filter(({ Effect }) => Effect === 'Allow').map((statement) => ({ of, statement })),
  );

  it('allow no wildcard of actions', () => {
    const open = allowing.filter(({ statement }) =>
      asList(statement.Action).some((action) => action.includes('*')),
    );
    expect(open).toEqual([]);
    expect(allowing.some(({ statement }) => 'NotAction' in statement || 'NotResource' in statement)).toBe(
      false,
    );
  });

  it('give each statement of a function a name of its own', () => {
    const names = policies
      .filter(({ kind }) => kind === 'function')
      .map(({ statements }) => statements.map(({ Sid }) => Sid));
    for (const sids of nonEmpty(names)) {
      expect(sids).not.toContain(undefined);
      expect(new Set(sids).size).toBe(sids.length);
    }
  });

  it('have no wildcard among resources that is not explained', () => {
    expect(() => wildcardReason('ec2:TerminateInstances', '*')).toThrow('is not explained');
    expect(wildcardReason('logs:PutLogEvents', 'arn:aws:logs:REGION:ACCOUNT:log-group:/a:*')).toBeUndefined();
    for (const { statement } of allowing) {
      for (const action of asList(statement.Action)) {
        for (const resource of asList(statement.Resource ?? [])) wildcardReason(action, resource);
      }
    }
  });
});
