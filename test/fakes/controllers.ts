/** Admission controllers in memory: see the port for what each method promises. */
import { isInForce, platformOwner } from '../../lib/core/controllers/controller.ts';
import { placeOfDecision } from '../../lib/core/controllers/decision.ts';
import type { ControllerRecord } from '../../lib/core/controllers/record.ts';
import type { InstallationId } from '../../lib/core/ids.ts';
import type { ControllerStore, PolicyWrites } from '../../lib/ports/controllers.ts';
import { OperationalError } from '../../lib/ports/errors.ts';
import { copyOf } from './copy.ts';
import type { ControllerRows, Rows, StoreWorld } from './world.ts';

const nothing: ControllerRows = {
  epoch: 0,
  controllers: [],
  tokenVersion: 0,
  tokens: [],
  secrets: new Map(),
};

const rowsOf = ({ controllers }: Rows, owner: InstallationId) => controllers.get(owner) ?? nothing;

/** Newest first. */
const decisionsOf = ({ decisions }: Rows, owner: InstallationId) =>
  [...decisions.values()]
    .filter(({ installationId }) => installationId === owner)
    .sort((one, other) => (placeOfDecision(one) < placeOfDecision(other) ? 1 : -1));

export function createMemoryControllerStore(world: StoreWorld): ControllerStore {
  return {
    policyOf: (owner) =>
      world.call('controllers.policyOf', (rows) => {
        const { epoch, controllers } = rowsOf(rows, owner);
        return { owner, epoch, controllers };
      }),
    platformEpoch: () =>
      world.call('controllers.platformEpoch', (rows) => {
        const { epoch, controllers } = rowsOf(rows, platformOwner);
        return controllers.some(isInForce) ? epoch : undefined;
      }),
    save: (from, change) =>
      world.call('controllers.save', (rows) => {
        const stored = rowsOf(rows, from.owner);
        if (stored.epoch !== from.epoch) return 'changed';
        save(rows, from.owner, change);
        note(rows, from.owner, change.record);
        return 'saved';
      }),
    tokensOf: (owner) =>
      world.call('controllers.tokensOf', (rows) => {
        const { tokenVersion, tokens } = rowsOf(rows, owner);
        return { owner, version: tokenVersion, tokens: [...tokens].sort(byId) };
      }),
    token: (owner, id) =>
      world.call('controllers.token', (rows) => rowsOf(rows, owner).tokens.find((token) => token.id === id)),
    changeTokens: (from, { put, remove, record }) =>
      world.call('controllers.changeTokens', (rows) => {
        const stored = rowsOf(rows, from.owner);
        if (stored.tokenVersion !== from.version) return 'changed';
        const gone = new Set([...remove, ...put.map(({ id }) => id)]);
        // One of a controller that is not there counts for nothing.
        const there = put.filter(
          ({ controllerId }) =>
            controllerId === undefined || stored.controllers.some(({ id }) => id === controllerId),
        );
        rows.controllers.set(from.owner, {
          ...stored,
          tokenVersion: stored.tokenVersion + 1,
          tokens: [...stored.tokens.filter(({ id }) => !gone.has(id)), ...copyOf(there)],
        });
        note(rows, from.owner, record);
        return 'saved';
      }),
    noteTokenUse: (owner, id, at) =>
      world.call('controllers.noteTokenUse', (rows) => {
        const stored = rowsOf(rows, owner);
        const tokens = stored.tokens.map((token) => (token.id === id ? { ...token, lastUsedAt: at } : token));
        rows.controllers.set(owner, { ...stored, tokens });
      }),
    secretsOf: (owner, controllerId) =>
      world.call('controllers.secretsOf', (rows) => rowsOf(rows, owner).secrets.get(controllerId) ?? []),
    saveSecrets: (owner, controllerId, { from, put, record }) =>
      world.call('controllers.saveSecrets', (rows) => {
        const stored = rowsOf(rows, owner);
        if (!stored.controllers.some(({ id }) => id === controllerId)) return 'changed';
        const newest = stored.secrets.get(controllerId)?.at(-1)?.id;
        if (newest !== from.at(-1)?.id) return 'changed';
        const changed = new Map(stored.secrets).set(controllerId, copyOf(put));
        rows.controllers.set(owner, { ...stored, secrets: changed });
        note(rows, owner, record);
        return 'saved';
      }),
    recordDecisions: (decisions) =>
      world.call('controllers.recordDecisions', (rows) => {
        for (const decision of decisions) {
          const key = `${decision.installationId}/${placeOfDecision(decision)}`;
          if (!rows.decisions.has(key)) rows.decisions.set(key, copyOf(decision));
        }
      }),
    decisionsOfJob: (owner, jobId) =>
      world.call('controllers.decisionsOfJob', (rows) =>
        decisionsOf(rows, owner)
          .filter((decision) => decision.jobId === jobId)
          .slice(0, 100),
      ),
    decisionsSince: (owner, { since, limit, after }) =>
      world.call('controllers.decisionsSince', (rows) => {
        const all = decisionsOf(rows, owner).filter(({ decidedAt }) => decidedAt >= since);
        const left = all.filter((decision) => after === undefined || placeOfDecision(decision) < after);
        const decisions = left.slice(0, limit);
        const last = decisions.at(-1);
        return left.length > limit && last ? { decisions, next: placeOfDecision(last) } : { decisions };
      }),
  };
}

function note(rows: Rows, owner: InstallationId, record: ControllerRecord | undefined): void {
  if (record) rows.controllerRecords.push({ owner, record: copyOf(record) });
}

const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);

function save(rows: Rows, owner: InstallationId, { put, remove }: PolicyWrites): void {
  const stored = rowsOf(rows, owner);
  const replaced = new Set([...remove, ...put.map(({ id }) => id)]);
  const kept = stored.controllers.filter(({ id }) => !replaced.has(id));
  const controllers = [...kept, ...copyOf(put)].sort(byId);
  const epoch = stored.epoch + 1;
  const tenant = rows.tenants.get(owner);
  if (owner !== platformOwner) {
    if (!tenant) {
      const text = `There is no tenant ${owner}, so it can have no controllers.`;
      throw new OperationalError(text, { code: 'NoSuchTenant', retryable: false });
    }
    const { admissionEpoch: _, ...without } = tenant;
    const isInUse = controllers.some(isInForce);
    rows.tenants.set(owner, isInUse ? { ...without, admissionEpoch: epoch } : without);
  }
  rows.controllers.set(owner, {
    ...stored,
    epoch,
    controllers,
    tokens: stored.tokens.filter(({ controllerId }) => !controllerId || !remove.includes(controllerId)),
    secrets: new Map([...stored.secrets].filter(([id]) => !remove.includes(id))),
  });
}
