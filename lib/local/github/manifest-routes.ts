/**
 * The manifest flow: a form with a manifest arrives, and the browser returns with a code, as if the person had pressed
 * `Create` at once; the code works once, and is exchanged for the App's id and secrets. The stand-in's only App is the
 * one that is created. Source:
 * https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
 */
import { randomBytes } from 'node:crypto';
import { appShape } from './account-shapes.ts';
import { type Call, created, invalid, notFound, open, type Reply, type Route, route } from './router.ts';

interface Manifest {
  readonly hook_attributes?: { readonly url?: unknown };
  readonly redirect_url?: unknown;
}

/** What each code stands for; a code works once. */
export type ManifestCodes = Map<string, Manifest>;

/** GitHub's pages, which are not part of its API. */
export function manifestPages(codes: ManifestCodes): Route[] {
  const take = (call: Call): Reply => {
    const manifest = readManifest(call.body['manifest']);
    const code = randomBytes(20).toString('hex');
    codes.set(code, manifest);
    const back = new URL(String(manifest.redirect_url));
    back.searchParams.set('code', code);
    back.searchParams.set('state', call.query.get('state') ?? '');
    return { status: 302, headers: { location: back.href } };
  };
  return [
    route('POST', '/settings/apps/new', open, take),
    route('POST', '/organizations/{org}/settings/apps/new', open, take),
  ];
}

export function manifestRoutes(codes: ManifestCodes): Route[] {
  return [
    route('POST', '/app-manifests/{code}/conversions', open, (call) => {
      const code = call.parts['code'] ?? '';
      const manifest = codes.get(code);
      if (!manifest || !codes.delete(code)) throw notFound();
      const secret = randomBytes(20).toString('hex');
      const { store } = call;
      store.webhook = { url: String(manifest.hook_attributes?.url ?? ''), secret };
      return created({
        ...appShape(store),
        client_secret: randomBytes(20).toString('hex'),
        webhook_secret: secret,
        pem: store.app.privateKeyPem,
      });
    }),
  ];
}

function readManifest(given: unknown): Manifest {
  let manifest: Manifest | null = null;
  try {
    manifest = JSON.parse(String(given)) as Manifest | null;
  } catch (cause) {
    throw Object.assign(invalid('manifest is not JSON'), { cause });
  }
  if (!URL.canParse(String(manifest?.redirect_url))) throw invalid('redirect_url must be an address');
  return manifest as Manifest;
}
