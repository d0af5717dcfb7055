/**
 * An AWS that answers what a test scripts, over HTTP and in the SDK's own protocols, and remembers what it was asked. For
 * services that the laptop platform has no stand-in for.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command, Io } from '../../lib/cli/command.ts';
import { runCommand } from '../../lib/cli/run-command.ts';
import defaultConfig from '../../mayfly.config.ts';

export interface Asked {
  /** `ServiceQuotasV20190624.GetServiceQuota`, `DescribeInstances`, or `PUT /2015-03-31/…`. */
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface ScriptedAws {
  readonly url: string;
  readonly asked: Asked[];
  /** How many requests were ever under way at once. */
  readonly mostAtOnce: () => number;
  close(): Promise<void>;
}

export type Script = (asked: Asked) => {
  readonly status?: number;
  readonly json?: unknown;
  readonly xml?: string;
  /** How long AWS takes to answer. */
  readonly milliseconds?: number;
};

export async function startScriptedAws(script: Script): Promise<ScriptedAws> {
  const asked: Asked[] = [];
  let underWay = 0;
  let mostAtOnce = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const target = request.headers['x-amz-target'];
    const isForm = String(request.headers['content-type']).includes('x-www-form-urlencoded');
    const form = isForm ? Object.fromEntries(new URLSearchParams(body)) : {};
    const json = !isForm && body !== '' ? (JSON.parse(body) as Record<string, unknown>) : {};
    const path = `${request.method} ${request.url?.split('?')[0]}`;
    const question = { action: String(target ?? form['Action'] ?? path), input: isForm ? form : json };
    asked.push(question);
    mostAtOnce = Math.max(mostAtOnce, ++underWay);
    const { status = 200, json: answer, xml, milliseconds } = script(question);
    if (milliseconds !== undefined) await sleep(milliseconds);
    underWay -= 1;
    response.writeHead(status, { 'content-type': xml ? 'text/xml' : 'application/x-amz-json-1.1' });
    response.end(xml ?? JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    mostAtOnce: () => mostAtOnce,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Keeps what a command prints. */
export function recordingIo(): { io: Io; printed: () => { out: string; error: string } } {
  const out: string[] = [];
  const error: string[] = [];
  return {
    io: { out: (text) => void out.push(text), error: (text) => void error.push(text) },
    printed: () => ({ out: out.join(''), error: error.join('') }),
  };
}

/** Runs one command as an operator would, against this endpoint. */
export async function run(
  command: Command,
  args: readonly string[],
  endpoint: string,
  config = defaultConfig,
) {
  const { io, printed } = recordingIo();
  const environment = {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const status = await runCommand([command], [...command.name.split(' '), ...args], {
    config,
    io,
    environment,
  });
  return { status, ...printed() };
}
