import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { type Welcomed, welcome } from '../../lib/local/console/welcome.ts';

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

describe('what npm start tells', () => {
  it('begins with the App, by the very command that makes it, where there is none', () => {
    const text = told(true);
    const environment =
      'AWS_ENDPOINT_URL=http://127.0.0.1:4566 AWS_ACCESS_KEY_ID=id AWS_SECRET_ACCESS_KEY=key';
    const command = `  ${environment} npx mayfly setup --page\n`;
    expect(text).toContain(command);
    expect(text.indexOf(command)).toBeLessThan(text.indexOf('# then install it on an organization'));
  });

  it('begins with an installation where there is one', () => {
    expect(told(false)).toContain('# install the App on an organization');
    expect(told(false)).not.toContain('mayfly setup');
  });
});
