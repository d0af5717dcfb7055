/**
 * Accepts a webhook that someone signed by hand and posted to the platform as if it were GitHub's own: its installation,
 * repository and job are created here too, so that the platform can ask about them. Payloads may be old, odd or empty;
 * unreadable parts are ignored, and nothing throws.
 */
import { assignJobs } from './assignment.ts';
import { addInstallation, ensureRepository, forgetInstallation, setLogin } from './installations.ts';
import { addJob, completeJob } from './jobs.ts';
import type { GitHubStore, InstallationRecord } from './store.ts';
import { nameKey } from './store.ts';
import type { Webhooks } from './webhooks.ts';

export function adopt(
  store: GitHubStore,
  webhooks: Webhooks,
  news: { event: string; payload: unknown },
): void {
  try {
    read(store, webhooks, news);
  } catch (error) {
    store.emit('adopt-failed', { event: news.event, error: String(error) });
  }
}

function read(store: GitHubStore, webhooks: Webhooks, news: { event: string; payload: unknown }) {
  const payload = fieldsOf(news.payload);
  const installation = adoptInstallation(store, payload);
  if (!installation) return;
  adoptRepositories(store, installation, payload);
  const action = textOf(payload['action']);
  if (news.event === 'installation') changeInstallation(store, installation, action);
  if (news.event === 'installation_target') {
    const login = textOf(fieldsOf(payload['account'])['login']);
    if (login !== '') setLogin(store, installation.account, login);
  }
  if (news.event === 'workflow_job') adoptJob(store, webhooks, { installation, payload, action });
}

function adoptInstallation(store: GitHubStore, payload: Fields): InstallationRecord | undefined {
  const given = fieldsOf(payload['installation']);
  const id = idOf(given['id']);
  if (id === undefined || store.deletedInstallations.has(id)) return undefined;
  const known = store.installations.get(id);
  if (known) return known;
  const repositoryOwner = fieldsOf(fieldsOf(payload['repository'])['owner']);
  const account = [fieldsOf(given['account']), fieldsOf(payload['account']), repositoryOwner].find(
    (candidate) => textOf(candidate['login']) !== '',
  );
  if (!account) return undefined;
  const accountId = idOf(account['id']);
  return addInstallation(store, {
    installationId: id,
    login: textOf(account['login']),
    type: account['type'] === 'User' ? 'User' : 'Organization',
    ...(accountId === undefined ? {} : { accountId }),
  });
}

function adoptRepositories(store: GitHubStore, installation: InstallationRecord, payload: Fields) {
  const added = [payload['repositories'], payload['repositories_added']].flatMap((list) =>
    Array.isArray(list) ? list : [],
  );
  for (const given of added.map(fieldsOf)) {
    const name = textOf(given['name']) || textOf(given['full_name']).split('/')[1] || '';
    if (name === '') continue;
    const id = idOf(given['id']);
    const wanted = { name, private: given['private'] !== false, ...(id === undefined ? {} : { id }) };
    installation.repositories.add(ensureRepository(store, installation.account, wanted));
  }
  const removed = payload['repositories_removed'];
  const gone = Array.isArray(removed) ? removed.map((given) => idOf(fieldsOf(given)['id'])) : [];
  for (const repository of installation.repositories) {
    if (gone.includes(repository.id)) installation.repositories.delete(repository);
  }
}

function changeInstallation(store: GitHubStore, installation: InstallationRecord, action: string) {
  if (action === 'deleted') forgetInstallation(store, installation.id);
  if (action === 'suspend') installation.suspendedAt = store.now();
  if (action === 'unsuspend') installation.suspendedAt = undefined;
}

function adoptJob(
  store: GitHubStore,
  webhooks: Webhooks,
  news: { installation: InstallationRecord; payload: Fields; action: string },
) {
  const { installation, action } = news;
  const given = fieldsOf(news.payload['workflow_job']);
  const repository = fieldsOf(news.payload['repository']);
  const jobId = idOf(given['id']);
  const ownerLogin = textOf(fieldsOf(repository['owner'])['login']);
  // Ignores another account's repository.
  if (jobId === undefined || nameKey(ownerLogin) !== nameKey(installation.account.login)) return;
  const known = store.jobs.get(jobId);
  if (known && action === 'completed') {
    const conclusion = conclusionOf(given['conclusion']);
    completeJob(store, webhooks, { job: known, conclusion, isTold: true });
  }
  if (known?.status === 'waiting' && action === 'queued') known.status = 'queued';
  if (!known && (action === 'queued' || action === 'waiting')) {
    const name = textOf(repository['name']);
    if (name === '') return;
    const id = idOf(repository['id']);
    const wanted = { name, private: repository['private'] !== false, ...(id === undefined ? {} : { id }) };
    installation.repositories.add(ensureRepository(store, installation.account, wanted));
    const labels = Array.isArray(given['labels']) ? given['labels'].map(textOf).filter(Boolean) : [];
    const runId = idOf(given['run_id']);
    addJob(store, {
      jobId,
      repository: `${installation.account.login}/${name}`,
      labels,
      requiresApproval: action === 'waiting',
      ...(runId === undefined ? {} : { runId }),
    });
  }
  assignJobs(store);
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
/** GitHub's ids begin with one: anything else would stay here as something that GitHub never shows. */
const idOf = (value: unknown) =>
  Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
const conclusionOf = (value: unknown) => (value === 'cancelled' || value === 'failure' ? value : 'success');
