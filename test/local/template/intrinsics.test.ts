/** CloudFormation's functions, each against what AWS documents. */
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are Fn::Sub placeholders
import { describe, expect, it } from '@jest/globals';
import { referencesIn, resolve, type Scope } from '../../../lib/local/template/intrinsics.ts';

const scope: Scope = {
  ref: (name) => ({ Table: 'jobs', 'AWS::Region': 'us-east-1', Zones: ['a', 'b'] })[name],
  attribute: (logicalId, attribute) => `${logicalId}/${attribute}`,
  importValue: (name) => `imported ${name}`,
  availabilityZones: (region) => [`${region}a`, `${region}b`],
  condition: (name) => name === 'Yes',
};

describe('an intrinsic function', () => {
  it.each([
    [{ Ref: 'Table' }, 'jobs'],
    [{ 'Fn::GetAtt': ['Table', 'Arn'] }, 'Table/Arn'],
    [{ 'Fn::GetAtt': 'Queue.Arn.Part' }, 'Queue/Arn.Part'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Table' }, 'c']] }, 'a-jobs-c'],
    [{ 'Fn::Join': [',', { Ref: 'Zones' }] }, 'a,b'],
    [{ 'Fn::Split': [':', 'a:b:c'] }, ['a', 'b', 'c']],
    [{ 'Fn::Select': [1, { 'Fn::Split': ['/', { 'Fn::GetAtt': ['T', 'Arn'] }] }] }, 'Arn'],
    [{ 'Fn::Select': ['0', ['x', 'y']] }, 'x'],
    [{ 'Fn::GetAZs': '' }, ['us-east-1a', 'us-east-1b']],
    [{ 'Fn::GetAZs': { Ref: 'AWS::Region' } }, ['us-east-1a', 'us-east-1b']],
    [
      { 'Fn::Sub': '${Table} in ${AWS::Region}, ${T.Arn}, ${!Literal}' },
      'jobs in us-east-1, T/Arn, ${Literal}',
    ],
    [{ 'Fn::Sub': ['${a}-${Table}', { a: { Ref: 'Table' } }] }, 'jobs-jobs'],
    [{ 'Fn::ImportValue': 'net:Subnet' }, 'imported net:Subnet'],
    [{ 'Fn::Base64': { 'Fn::Join': ['', ['h', 'i']] } }, 'aGk='],
    [{ 'Fn::If': ['Yes', 1, 2] }, 1],
    [{ 'Fn::If': ['No', 1, 2] }, 2],
    [
      { kept: 1, gone: { Ref: 'AWS::NoValue' }, list: [1, { Ref: 'AWS::NoValue' }] },
      { kept: 1, list: [1] },
    ],
    [
      { Ref: 'Table', Other: 1 },
      { Ref: 'Table', Other: 1 },
    ],
  ])('%j', (value, expected) => {
    expect(resolve(value, scope)).toEqual(expected);
  });

  it.each([
    [{ 'Fn::Cidr': ['10.0.0.0/16', 2] }, 'Fn::Cidr is not understood'],
    [{ 'Fn::Select': [5, ['x']] }, 'wants entry 5 of 1'],
    [{ 'Fn::Join': ['-', 'text'] }, 'must be a list'],
  ])('%j is refused: %s', (value, message) => {
    expect(() => resolve(value, scope)).toThrow(message);
  });

  it('names everything that a value refers to', () => {
    const value = {
      a: { 'Fn::Sub': ['${T.Arn} ${own} ${!x} ${AWS::Region}', { own: { Ref: 'Table' } }] },
      b: [{ 'Fn::GetAtt': ['Q', 'Url'] }, { 'Fn::ImportValue': 'n' }],
    };
    expect(referencesIn(value)).toEqual([
      { kind: 'attribute', name: 'T', attribute: 'Arn' },
      { kind: 'ref', name: 'AWS::Region' },
      { kind: 'ref', name: 'Table' },
      { kind: 'attribute', name: 'Q', attribute: 'Url' },
      { kind: 'import', name: 'n' },
    ]);
  });
});
