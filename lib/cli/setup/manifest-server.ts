/**
 * A page on this machine that sends the browser to GitHub with the manifest, and receives the code when the browser
 * returns. It listens on the loopback address only. Other users of this machine and DNS rebinding learn nothing:
 * everything is under a secret path that only the operator's terminal shows, and another `Host` is refused. It closes
 * once it has the code or its time is over.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AppManifest } from '../../core/app-manifest.ts';
import { document } from '../../pages/document.ts';
import { html } from '../../pages/html.ts';

export interface ManifestServer {
  /** Where the operator's browser starts. It gives access to the state, so print it to the terminal only. */
  readonly url: string;
  /** Resolves with GitHub's code; rejects when the time is over. */
  readonly code: Promise<string>;
  close(): void;
}

export interface ManifestServerOptions {
  /** An unguessable value; only a browser that started here returns it. */
  readonly state: string;
  /** Where the form is posted: GitHub's page for a new App. */
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
  const secretPath = `/${randomBytes(24).toString('base64url')}`;
  const server = createServer((request, response) => {
    if (request.headers.host !== host()) return page(response, 421, message('There is nothing here.'));
    const url = new URL(request.url ?? '/', `http://${host()}`);
    if (url.pathname === secretPath) return page(response, 200, startPage(options, `${address()}/callback`));
    if (url.pathname !== `${secretPath}/callback`)
      return page(response, 404, message('There is nothing here.'));
    const given = url.searchParams.get('code');
    if (url.searchParams.get('state') !== options.state || !given) {
      return page(
        response,
        403,
        message('This response does not belong to the current setup. Start the setup again.'),
      );
    }
    page(response, 200, message('GitHub has created the App. Close this page and continue in the terminal.'));
    take(given);
  });
  const host = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const address = () => `http://${host()}${secretPath}`;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const timer = setTimeout(() => {
    giveUp(new Error(`No response from GitHub within ${options.milliseconds / 60_000} minutes.`));
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
    ([name, level]) => html`<li>${name}: ${level}</li>`,
  );
  return document(
    { title: 'Create the GitHub App' },
    html`<p>GitHub will ask you to confirm a new App named <b>${manifest.name}</b> with these permissions:</p>
<ul>${permissions}</ul><p>Its webhooks go to <code>${manifest.hook_attributes.url}</code>.</p>
<form method="post" action="${options.action}">
<input type="hidden" name="manifest" value="${JSON.stringify(manifest)}">
<button type="submit">Continue on GitHub</button></form>`,
  );
}

const message = (text: string) => document({ title: 'Setup' }, html`<p>${text}</p>`);

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
