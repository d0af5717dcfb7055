/**
 * No role of the templates can change what another environment, or anyone else in the account, has on EC2: each statement
 * that writes is held to the environment's tag, by itself or by another statement that the same call needs.
 */
import { describe, expect, it } from '@jest/globals';
import { findRefusal } from '../../lib/local/aws/iam/authorize.ts';
import { IamLog } from '../../lib/local/aws/iam/iam-log.ts';
import { asList } from '../../lib/local/aws/iam/statement.ts';
import type { IamQuestion, PolicyStatement } from '../../lib/local/aws/service.ts';
import { nonEmpty } from '../support/non-empty.ts';
import { everyPolicy } from './fresh-document.ts';

const place = 'arn:aws:ec2:us-east-1:ACCOUNT';
const roles = everyPolicy().filter(({ kind }) => kind !== 'resource');
const writes = roles.flatMap(({ of, kind, statements }) =>
  statements.flatMap((statement) =>
    asList(statement.Action)
      .filter((action) => action.startsWith('ec2:') && !/^ec2:(Describe|Get)/.test(action))
      .map((action) => ({ of, kind, action, statement })),
  ),
);

/** May this function, as the templates have it? */
function isAllowed(
  name: string,
  question: Omit<IamQuestion, 'context'> & { context?: IamQuestion['context'] },
) {
  const statements = roles.filter(({ of }) => of === name).flatMap((role) => role.statements);
  const policies = [{ Statement: statements as unknown as PolicyStatement[] }];
  const caller = { accessKeyId: name, name, arn: name, isOperator: false, policies };
  const surroundings = { region: 'us-east-1', accountId: 'ACCOUNT', iam: new IamLog() };
  return findRefusal(caller, [{ context: {}, ...question }], surroundings) === undefined;
}

const tagged = (key: string, environment: string) => ({
  [`${key}/ghr:environment`]: environment,
  'ec2:launchtemplate': `${place}:launch-template/lt-1`,
  'ec2:createaction': 'CreateFleet',
});

describe('what the templates let functions write on EC2', () => {
  it('is these actions, and no other', () => {
    const ofFunctions = writes.filter(({ kind }) => kind === 'function');
    expect([...new Set(ofFunctions.map(({ action }) => action))].sort()).toEqual([
      'ec2:CreateFleet',
      'ec2:CreateTags',
      'ec2:RunInstances',
      'ec2:TerminateInstances',
    ]);
  });

  it('is of images what Image Builder made for its own environment, and of snapshots what it made', () => {
    const [{ of: cleanup = '' } = {}] = writes.filter(({ action }) => action === 'ec2:DeregisterImage');
    const remove = (action: string, kind: string, tags: Readonly<Record<string, string>>) =>
      isAllowed(cleanup, {
        action,
        resource: `arn:aws:ec2:us-east-1::${kind}/1`,
        context: Object.fromEntries(
          Object.entries(tags).map(([key, value]) => [`aws:resourcetag/${key}`, value]),
        ),
      });
    const made = { createdby: 'EC2 Image Builder' };
    expect(remove('ec2:DeregisterImage', 'image', { ...made, 'ghr:environment': 'my-saas' })).toBe(true);
    expect(remove('ec2:DeregisterImage', 'image', { ...made, 'ghr:environment': 'other' })).toBe(false);
    expect(remove('ec2:DeregisterImage', 'image', { 'ghr:environment': 'my-saas' })).toBe(false);
    expect(remove('ec2:DeleteSnapshot', 'snapshot', made)).toBe(true);
    expect(remove('ec2:DeleteSnapshot', 'snapshot', {})).toBe(false);
  });

  it('is held to a tag where another role does it', () => {
    for (const { of, action, statement } of nonEmpty(writes.filter(({ kind }) => kind === 'role'))) {
      const keys = Object.values(statement.Condition ?? {}).flatMap((condition) => Object.keys(condition));
      const isHeld = keys.some((key) => /^(aws|ec2):(Resource|Request)Tag\//.test(key));
      expect({ of, action, isHeld }).toEqual({ of, action, isHeld: true });
    }
  });

  it.each(['lifecycle', 'sweep', 'reconciler'])('%s ends machines of its own environment alone', (name) => {
    const end = (context: IamQuestion['context']) =>
      isAllowed(name, { action: 'ec2:TerminateInstances', resource: `${place}:instance/i-1`, context });
    expect(end(tagged('ec2:resourcetag', 'my-saas'))).toBe(true);
    expect(end(tagged('ec2:resourcetag', 'other'))).toBe(false);
    expect(end({})).toBe(false);
  });

  const launching = [...new Set(writes.filter(({ action }) => /Fleet|Run/.test(action)).map(({ of }) => of))];

  it.each(launching)('%s launches from templates of its own environment alone', (name) => {
    for (const action of ['ec2:CreateFleet', 'ec2:RunInstances']) {
      const from = (context: IamQuestion['context']) =>
        isAllowed(name, { action, resource: `${place}:launch-template/lt-1`, context });
      expect(from(tagged('ec2:resourcetag', 'my-saas'))).toBe(true);
      expect(from(tagged('ec2:resourcetag', 'other'))).toBe(false);
      expect(from({})).toBe(false);
    }
  });

  it.each(launching)('%s starts machines and disks with the tag of its own environment alone', (name) => {
    for (const resource of [`${place}:instance/*`, `${place}:volume/*`]) {
      const start = (context: IamQuestion['context']) =>
        isAllowed(name, { action: 'ec2:RunInstances', resource, context });
      expect(start(tagged('aws:requesttag', 'my-saas'))).toBe(true);
      expect(start(tagged('aws:requesttag', 'other'))).toBe(false);
      const { 'ec2:launchtemplate': _without, ...noTemplate } = tagged('aws:requesttag', 'my-saas');
      expect(start(noTemplate)).toBe(false);
    }
  });

  it.each(launching)('%s tags only while it launches, and only with its own environment', (name) => {
    const tag = (context: IamQuestion['context']) =>
      isAllowed(name, { action: 'ec2:CreateTags', resource: `${place}:instance/i-1`, context });
    const own = tagged('aws:requesttag', 'my-saas');
    expect(tag(own)).toBe(true);
    expect(tag(tagged('aws:requesttag', 'other'))).toBe(false);
    const { 'ec2:createaction': _during, ...afterwards } = own;
    expect(tag(afterwards)).toBe(false);
  });
});
