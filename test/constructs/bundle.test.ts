/** What a function's folder holds, and that the same sources give the same bytes. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { assertConfig } from '../../lib/config/check-config.ts';
import { bundleFunctions } from '../../lib/constructs/basics/bundle.ts';
import { defaultConfig } from '../config/configurations.ts';

const { deployment } = assertConfig(defaultConfig);
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mayfly-bundle-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function givenHandler(name: string, source: string) {
  mkdirSync(join(root, 'lambdas', name), { recursive: true });
  writeFileSync(join(root, 'lambdas', name, 'handler.ts'), source);
}

const bundle = (names: string[], buildFolder: string) =>
  bundleFunctions({
    handlersFolder: join(root, 'lambdas'),
    names,
    deployment,
    buildFolder: join(root, buildFolder),
  });

const textOf = (folder: string, file = 'index.mjs') => readFileSync(join(folder, file), 'utf8');

describe('a bundle', () => {
  it('is one ES module with the deployment beside it', async () => {
    givenHandler(
      'hello',
      `import { size } from './size.ts'; export const handler = async (): Promise<number> => size;`,
    );
    writeFileSync(join(root, 'lambdas', 'hello', 'size.ts'), 'export const size: number = 7;');

    const folder = bundle(['hello'], 'out').get('hello')!;

    expect(JSON.parse(textOf(folder, 'deployment.json'))).toEqual(deployment);
    const { handler } = await import(pathToFileURL(join(folder, 'index.mjs')).href);
    expect(await handler()).toBe(7);
  });

  it('is the same, byte for byte, wherever it is made and whatever it is made with', () => {
    givenHandler('one', 'export const handler = async () => 1;');
    givenHandler('two', 'export const handler = async () => 2;');

    const alone = bundle(['one'], 'first').get('one')!;
    const together = bundle(['one', 'two'], 'second').get('one')!;

    expect(textOf(alone)).toBe(textOf(together));
  });

  it('can hold CommonJS packages that require modules of Node', async () => {
    givenHandler('old', `import { sep } from './old.cjs'; export const handler = async () => sep;`);
    writeFileSync(join(root, 'lambdas', 'old', 'old.cjs'), `exports.sep = require('path').sep;`);

    const folder = bundle(['old'], 'out').get('old')!;

    expect(textOf(folder)).toContain('createRequire');
    const { handler } = await import(pathToFileURL(join(folder, 'index.mjs')).href);
    expect(await handler()).toBe('/');
  });

  it('leaves out what no call needs: schemas of EC2, and where an SDK looks for credentials', () => {
    const sdk = (name: string) =>
      fileURLToPath(new URL(`../../node_modules/@aws-sdk/${name}`, import.meta.url));
    givenHandler(
      'small',
      `import { DescribeFleetsCommand, EC2Client } from ${JSON.stringify(sdk('client-ec2'))};
       export const handler = () => new EC2Client({}).send(new DescribeFleetsCommand({}));`,
    );

    const text = textOf(bundle(['small'], 'out').get('small')!);

    expect(text).toContain('DescribeFleetsRequest');
    expect(text).not.toContain('TransitGatewayMulticastDomain');
    expect(text).not.toMatch(/portal\.sso|credential_process/);
    expect(text.length).toBeLessThan(400_000);
  });

  it("takes Node's http without its WebSocket, which loads fetch, and nothing of it but what it is known to need", async () => {
    givenHandler('asks', `import { request } from 'node:http'; export const handler = async () => request;`);
    givenHandler('serves', `import { createServer } from 'node:http'; export const handler = createServer;`);

    const folder = bundle(['asks'], 'out').get('asks')!;

    expect(textOf(folder)).not.toContain('from"node:http"');
    const { handler } = await import(pathToFileURL(join(folder, 'index.mjs')).href);
    expect(await handler()).toBe(request);
    expect(() => bundle(['serves'], 'out')).toThrow(/No matching export.*createServer/);
  });

  it("takes of Node's other modules only what it needs, in each way of importing", async () => {
    givenHandler(
      'reads',
      `import { homedir, tmpdir as temporary } from 'node:os';
       import { shared } from './shared.ts';
       import * as path from 'node:path';
       import process from 'node:process';
       export const handler = async () => [homedir, temporary, path.sep, process, shared()];`,
    );
    // In the bundle its import of `node:util` stands behind the call.
    const shared = `import { inspect } from 'node:util'; import { early } from './early.ts';
       export function shared(given) { return inspect(given ?? early); }`;
    writeFileSync(join(root, 'lambdas', 'reads', 'shared.ts'), shared);
    const early = `import { shared } from './shared.ts'; export const early = shared('early');`;
    writeFileSync(join(root, 'lambdas', 'reads', 'early.ts'), early);

    const folder = bundle(['reads'], 'out').get('reads')!;

    expect(textOf(folder)).not.toMatch(/from ?"node:/);
    const { handler } = await import(pathToFileURL(join(folder, 'index.mjs')).href);
    expect(await handler()).toEqual([homedir, tmpdir, '/', process, `"'early'"`]);
  });

  it('imports the default of a module of Node where that is named', async () => {
    givenHandler(
      'names',
      `import { default as os, tmpdir } from 'node:os';
       import * as path from 'node:path';
       export const handler = async () => [os.homedir, tmpdir, path.default.sep];`,
    );

    const folder = bundle(['names'], 'out').get('names')!;

    const { handler } = await import(pathToFileURL(join(folder, 'index.mjs')).href);
    expect(await handler()).toEqual([homedir, tmpdir, '/']);
  });

  it('is taken as it is if all are ready made, as in an installed package', () => {
    givenHandler('hello', 'export const handler = async () => 1;');
    const ready = 'export const handler=async()=>"ready made";';
    writeFileSync(join(root, 'lambdas', 'hello', 'index.mjs'), ready);

    const folder = bundle(['hello'], 'out').get('hello')!;

    expect(textOf(folder)).toBe(ready);
    expect(JSON.parse(textOf(folder, 'deployment.json'))).toEqual(deployment);
  });

  it('names the file of a handler that is not there', () => {
    expect(() => bundle(['missing'], 'out')).toThrow(/missing\/handler\.ts/);
  });
});
