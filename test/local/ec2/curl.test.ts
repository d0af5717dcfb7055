/** The replacement for curl behaves like the real one, for the options that the machines' scripts use. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { givenServer, readBody } from './given.ts';

const shim = fileURLToPath(new URL('../../../lib/local/ec2/curl.ts', import.meta.url));
let server: Awaited<ReturnType<typeof givenServer>>;
beforeAll(async () => {
  server = await givenServer(async (request, response) => {
    const { method, headers } = request;
    const status = Number(request.url?.slice(1)) || 200;
    const body = await readBody(request);
    response.writeHead(status).end(`${method} ${headers['x-word']} ${headers['content-type']} ${body}`);
  });
});
afterAll(() => server.close());

async function curl(arguments_: string[], input = '') {
  const child = spawn(process.execPath, [shim, ...arguments_]);
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stdin.end(input);
  const status = await new Promise((resolve) => child.once('close', resolve));
  return { status, output };
}

describe('the curl replacement for a host without curl', () => {
  it('posts the standard input, and writes the status after the answer', async () => {
    const options = ['--silent', '--show-error', '--max-time', '60', '--header', 'content-type: a/b'];
    const post = [...options, '--data-binary', '@-', '--write-out', '\\n%{http_code}', `${server.url}/503`];

    expect(await curl(post, 'body\n')).toEqual({ status: 0, output: 'POST undefined a/b body\n\n503' });
  });

  it('reads headers from the standard input', async () => {
    const get = ['--fail', '--header', '@-', server.url];

    expect(await curl(get, 'x-word: secret\n')).toEqual({ status: 0, output: 'GET secret undefined ' });
  });

  it('only exits with 22 if --fail meets a refusal', async () => {
    expect(await curl(['--fail', '--request', 'PUT', `${server.url}/404`])).toEqual({
      status: 22,
      output: '',
    });
  });

  it('requests several addresses, and with --fail-early none after one that fails', async () => {
    const urls = [`${server.url}/201`, `${server.url}/404`, `${server.url}/202`];
    const all = ['--fail', '--header', 'x-word: all', '--write-out', '%{http_code};', ...urls];
    const answer = (status: number) => `GET all undefined ${status};`;

    expect(await curl(all)).toEqual({ status: 0, output: `${answer(201)}404;${answer(202)}` });
    expect(await curl(['--fail-early', ...all])).toEqual({ status: 22, output: `${answer(201)}404;` });
  });

  it('exits with 7 and writes 000 if nobody listens', async () => {
    const nobody = ['--write-out', '%{http_code}', 'http://127.0.0.1:1/'];

    expect(await curl(nobody)).toEqual({ status: 7, output: '000' });
  });

  it('supports every option that the scripts use, and refuses the others', async () => {
    const scripts = ['../../../images/boot.sh', '../../../lib/local/ec2/runner/run.sh'].map((file) =>
      readFileSync(new URL(file, import.meta.url), 'utf8').replaceAll('\\\n', ' '),
    );
    const calls = scripts.flatMap((script) => script.match(/\bcurl --.*/g) ?? []);
    const used = new Set(calls.flatMap((call) => call.match(/(?<= )--[a-z-]+/g) ?? []));
    const known = readFileSync(shim, 'utf8').match(/(?<=^ {8}'?)[a-z-]+(?='?: \{)/gm) ?? [];

    expect(used.size).toBeGreaterThan(8);
    expect(known).toEqual(expect.arrayContaining([...used].map((option) => option.slice(2))));
    expect((await curl(['--insecure', server.url])).status).toBe(2);
  });
});
