/**
 * A page on this machine that sends the browser to GitHub with the manifest, and takes it back with the code. It listens
 * on the loopback alone, answers one state alone, and closes itself once it has the code or its time is over.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AppManifest } from '../../core/app-manifest.ts';

export interface ManifestServer {
  /** Where the operator's browser starts. */
  readonly url: string;
  /** Resolves with GitHub's code; rejects when the time is over. */
  readonly code: Promise<string>;
  close(): void;
}

export interface ManifestServerOptions {
  /** An unguessable word: only a browser that started here brings it back. */
  readonly state: string;
  /** Where the form goes: GitHub's page for a new App. */
  readonly action: string;
  /** @param redirectUrl this server's own address */
  manifest(redirectUrl: string): AppManifest;
  readonly milliseconds: number;
}

export async function startManifestServer(options: ManifestServerOptions): Promise<ManifestServer> {
  let take: (code: string) => void = () => undefined;
  let giveUp: (error: Error) => void = () => undefined;
  const code = new Promise<string>((resolve, reject) => {
    take = resolve;
    giveUp = reject;
  });
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    if (url.pathname === '/') return page(response, 200, startPage(options, `${address()}/callback`));
    if (url.pathname !== '/callback') return page(response, 404, message('There is nothing here.'));
    const given = url.searchParams.get('code');
    if (url.searchParams.get('state') !== options.state || !given) {
      return page(
        response,
        403,
        message('This answer does not belong to the setup that was started here. Start it again.'),
      );
    }
    page(
      response,
      200,
      message('GitHub has made the App. You can close this page; the terminal has the rest.'),
    );
    take(given);
  });
  const address = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const timer = setTimeout(() => {
    giveUp(new Error(`No answer from GitHub within ${options.milliseconds / 60_000} minutes.`));
  }, options.milliseconds);
  return {
    url: address(),
    code,
    close() {
      clearTimeout(timer);
      server.close();
      server.closeIdleConnections();
    },
  };
}

function startPage(options: ManifestServerOptions, redirectUrl: string): string {
  const manifest = options.manifest(redirectUrl);
  const permissions = Object.entries(manifest.default_permissions).map(
    ([name, level]) => `<li>${name}: ${level}</li>`,
  );
  return document(`
    <h1>Create the GitHub App</h1>
    <p>GitHub will ask you to confirm a new App named <b>${escapeHtml(manifest.name)}</b> with these permissions:</p>
    <ul>${permissions.join('')}</ul>
    <p>Its webhooks go to <code>${escapeHtml(manifest.hook_attributes.url)}</code>.</p>
    <form method="post" action="${escapeHtml(options.action)}">
      <input type="hidden" name="manifest" value="${escapeHtml(JSON.stringify(manifest))}">
      <button type="submit">Continue on GitHub</button>
    </form>`);
}

const message = (text: string) => document(`<p>${escapeHtml(text)}</p>`);

function document(body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Mayfly setup</title><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1rem;color:#1f2328}
h1{font-size:1.5rem}code{background:#f0f1f3;padding:.1rem .3rem;border-radius:4px;word-break:break-all}
button{font:inherit;padding:.6rem 1.2rem;border:0;border-radius:6px;background:#1f883d;color:#fff;cursor:pointer}
button:focus-visible{outline:3px solid #0969da}</style></head><body>${body}</body></html>`;
}

function page(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    connection: 'close',
  });
  response.end(html);
}

const escapeHtml = (text: string) =>
  text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
