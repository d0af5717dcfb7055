import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { type Welcomed, welcome } from '../../lib/local/console/welcome.ts';
import { read } from '../docs/markdown.ts';
import { nonEmpty } from '../support/non-empty.ts';

const laptop: Welcomed = {
  operatorCredentials: { accessKeyId: 'id', secretAccessKey: 'key' },
  endpointUrl: 'http://127.0.0.1:4566',
  region: 'us-east-1',
  webhookUrl: 'http://127.0.0.1:3000/',
  webhookSecret: 'hush',
  tables: { tenants: 'my-saas-tenants' } as Welcomed['tables'],
  github: { url: 'http://127.0.0.1:4567' },
};
const told = (withoutApp: boolean) => stripVTControlCharacters(welcome(laptop, { withoutApp }));

describe('what npm start prints', () => {
  it('begins with the command that creates the App, if there is none', () => {
    const text = told(true);
    const command = '  npx mayfly setup --page\n';
    expect(text).toContain(command);
    expect(text.indexOf(command)).toBeLessThan(text.indexOf('# then install it on an organization'));
  });

  it('sets what the AWS CLI and mayfly need before the first of their commands', () => {
    const text = told(false);
    expect(text).toContain('export AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_DEFAULT_REGION=us-east-1\n');
    expect(text).toContain('export AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=key\n');
    const last = text.indexOf('AWS_SECRET_ACCESS_KEY');
    for (const command of ['npx mayfly', 'aws dynamodb', 'aws ec2'])
      expect(text.indexOf(command)).toBeGreaterThan(last);
  });

  it('installs the organization of README, with the same id, and fits a terminal', () => {
    const [install = ''] = /\{"login".*?\}/.exec(told(false)) ?? [];
    expect(read('README.md')).toContain(install);
    for (const line of nonEmpty(told(false).split('\n'))) expect(line.length).toBeLessThanOrEqual(110);
  });

  it('begins with an installation if there is an App', () => {
    expect(told(false)).toContain('# install the App on an organization');
    expect(told(false)).not.toContain('mayfly setup');
  });
});
