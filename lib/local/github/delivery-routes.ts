/**
 * The App's webhook as the App sees it: its settings, and every delivery, to be read and redelivered.
 * Source: https://docs.github.com/en/rest/apps/webhooks
 */
import { app, type Call, invalid, notFound, ok, Refusal, type Route, route } from './router.ts';
import type { DeliveryRecord, GitHubStore } from './store.ts';
import { isoTime } from './store.ts';
import type { Webhooks } from './webhooks.ts';

export function deliveryRoutes(webhooks: Webhooks): Route[] {
  const root = '/app/hook/deliveries';
  return [
    route('GET', '/app/hook/config', app, ({ store }) => ok(configShape(store))),
    route('PATCH', '/app/hook/config', app, (call) => {
      const { url, secret } = call.body;
      const known = call.store.webhook ?? { url: '', secret: '' };
      call.store.webhook = {
        url: typeof url === 'string' ? url : known.url,
        secret: typeof secret === 'string' ? secret : known.secret,
      };
      return ok(configShape(call.store));
    }),
    route('GET', root, app, listDeliveries),
    route('GET', `${root}/{delivery_id}`, app, (call) => ok(deliveryShape(knownDelivery(call)))),
    route('POST', `${root}/{delivery_id}/attempts`, app, (call) => {
      webhooks.redeliver(knownDelivery(call));
      return { status: 202, body: {} };
    }),
  ];
}

function configShape(store: GitHubStore) {
  return {
    url: store.webhook?.url ?? '',
    content_type: 'json',
    insecure_ssl: '0',
    ...(store.webhook ? { secret: '********' } : {}),
  };
}

function knownDelivery(call: Call): DeliveryRecord {
  const wanted = Number(call.parts['delivery_id']);
  const delivery = call.store.deliveries.find(({ id }) => id === wanted);
  if (!delivery) throw notFound();
  return delivery;
}

/** Newest first; the cursor is the id of the last one shown. GitHub documents 422, but not for what. */
function listDeliveries(call: Call) {
  const { store, query } = call;
  const status = query.get('status');
  if (status !== null && status !== 'success' && status !== 'failure') {
    throw new Refusal(400, `status is ${status}; allowed values are success, failure`);
  }
  const size = Math.min(100, Math.max(1, Number(query.get('per_page')) || 30));
  const given = query.get('cursor');
  const isKnown = given === null || store.deliveries.some(({ id }) => String(id) === given);
  if (!isKnown) throw invalid(`cursor ${given} is not known`);
  const cursor = given === null ? Number.POSITIVE_INFINITY : Number(given);
  const wanted = store.deliveries
    .filter(({ statusCode }) => status === null || isWithin(ranges[status], statusCode))
    .toSorted((one, other) => other.id - one.id)
    .filter(({ id }) => id < cursor);
  const items = wanted.slice(0, size);
  const next = new URLSearchParams(query);
  next.set('cursor', String(items.at(-1)?.id));
  const headers: Record<string, string> =
    wanted.length > size ? { link: `<${store.url}${call.path}?${next}>; rel="next"` } : {};
  return { status: 200, body: items.map(itemShape), headers };
}

/**
 * By the status code alone: a delivery that reached nobody, or timed out, has the code 0 and is in neither list.
 * Source: https://docs.github.com/en/rest/apps/webhooks#list-deliveries-for-an-app-webhook
 */
const ranges = { success: [200, 399], failure: [400, 599] } as const;

const isWithin = ([low, high]: readonly [number, number], code: number) => code >= low && code <= high;

function itemShape(delivery: DeliveryRecord) {
  return {
    id: delivery.id,
    guid: delivery.guid,
    delivered_at: isoTime(delivery.deliveredAt),
    redelivery: delivery.redelivery,
    duration: delivery.durationSeconds,
    status: delivery.status,
    status_code: delivery.statusCode,
    event: delivery.event,
    action: delivery.action,
    installation_id: delivery.installationId,
    repository_id: delivery.repositoryId,
    throttled_at: null,
  };
}

function deliveryShape(delivery: DeliveryRecord) {
  return {
    ...itemShape(delivery),
    request: { headers: delivery.requestHeaders, payload: JSON.parse(delivery.body) },
    response: { headers: delivery.responseHeaders, payload: delivery.responseBody },
  };
}
