/**
 * The releases of actions/runner as anyone may read them, and the pages that serve their files, which redirect to another
 * address as GitHub's do.
 * Source: https://docs.github.com/en/rest/releases/releases
 */
import { accountShape, nodeId } from './account-shapes.ts';
import { type Call, notFound, ok, open, type Reply, type Route, route } from './router.ts';
import {
  architectures,
  archiveNameOf,
  archiveOf,
  type RunnerReleaseRecord,
  sha256Of,
} from './runner-releases.ts';
import { type Account, type GitHubStore, isoTime } from './store.ts';

const author: Account = { id: 44_036_562, login: 'actions', type: 'Organization' };

export function releaseRoutes(): Route[] {
  return [
    route('GET', '/repos/{owner}/{repo}/releases/latest', open, (call) =>
      ok(releaseShape(call.store, releaseOf(call, call.store.runnerReleases.at(-1)))),
    ),
    route('GET', '/repos/{owner}/{repo}/releases/tags/{tag}', open, (call) =>
      ok(releaseShape(call.store, releaseOf(call, findRelease(call.store, call.parts['tag'])))),
    ),
  ];
}

/** GitHub's pages, which are not part of its API. */
export function releasePages(): Route[] {
  const files = '/actions/runner/releases/download/{tag}/{name}';
  return [
    route(
      'GET',
      files,
      open,
      ({ store, path }): Reply => ({ status: 302, headers: { location: `${store.url}/_assets${path}` } }),
    ),
    route('GET', `/_assets${files}`, open, download),
  ];
}

function download({ store, parts }: Call): Reply {
  const release = findRelease(store, parts['tag']);
  const architecture = architectures.find(
    (each) => release && archiveNameOf(release.version, each) === parts['name'],
  );
  if (!release || !architecture) throw notFound();
  return { status: 200, body: archiveOf(release.version, architecture) };
}

const findRelease = (store: GitHubStore, tag = '') =>
  store.runnerReleases.find(({ version }) => `v${version}` === tag);

function releaseOf({ parts }: Call, release: RunnerReleaseRecord | undefined): RunnerReleaseRecord {
  if (!release || parts['owner'] !== 'actions' || parts['repo'] !== 'runner') throw notFound();
  return release;
}

function releaseShape(store: GitHubStore, release: RunnerReleaseRecord) {
  const { id, version, publishedAt } = release;
  const api = `${store.url}/repos/actions/runner/releases/${id}`;
  const html = `${store.url}/actions/runner/releases`;
  return {
    url: api,
    assets_url: `${api}/assets`,
    upload_url: `${api}/assets{?name,label}`,
    html_url: `${html}/tag/v${version}`,
    id,
    author: accountShape(store, author),
    node_id: nodeId('Release', id),
    tag_name: `v${version}`,
    target_commitish: 'main',
    name: `v${version}`,
    draft: false,
    immutable: false,
    prerelease: false,
    created_at: isoTime(publishedAt),
    published_at: isoTime(publishedAt),
    assets: architectures.map((architecture, at) => assetShape(store, release, { architecture, at })),
    tarball_url: `${store.url}/repos/actions/runner/tarball/v${version}`,
    zipball_url: `${store.url}/repos/actions/runner/zipball/v${version}`,
    body: notes(release),
  };
}

function assetShape(
  store: GitHubStore,
  release: RunnerReleaseRecord,
  asset: { architecture: string; at: number },
) {
  const { version, publishedAt } = release;
  const id = release.id * 10 + asset.at;
  const name = archiveNameOf(version, asset.architecture);
  return {
    url: `${store.url}/repos/actions/runner/releases/assets/${id}`,
    id,
    node_id: nodeId('ReleaseAsset', id),
    name,
    label: '',
    uploader: accountShape(store, author),
    content_type: 'application/octet-stream',
    state: 'uploaded',
    size: archiveOf(version, asset.architecture).length,
    digest: `sha256:${sha256Of(release, asset.architecture)}`,
    download_count: 0,
    created_at: isoTime(publishedAt),
    updated_at: isoTime(publishedAt),
    browser_download_url: `${store.url}/actions/runner/releases/download/v${version}/${name}`,
  };
}

/** As the notes of actions/runner state the checksums. */
function notes(release: RunnerReleaseRecord): string {
  const lines = architectures.map((architecture) => {
    const mark = `SHA linux-${architecture}`;
    const checksum = `<!-- BEGIN ${mark} -->${sha256Of(release, architecture)}<!-- END ${mark} -->`;
    return `- ${archiveNameOf(release.version, architecture)} ${checksum}`;
  });
  return ['## SHA-256 Checksums', '', ...lines].join('\n');
}
