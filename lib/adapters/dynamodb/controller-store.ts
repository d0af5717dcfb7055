/** Admission controllers in DynamoDB: the port says what each method promises, and controller-row.ts what the rows are. */
import type { ControllerStore, DecisionPage } from '../../ports/controllers.ts';
import { number, text } from './attributes.ts';
import { type ControllerTables, readPlatformEpoch, readPolicy, savePolicy } from './controller-policy.ts';
import {
  findToken,
  listTokens,
  noteUse,
  readSecrets,
  writeSecrets,
  writeTokens,
} from './controller-tokens.ts';
import { auditKey, decisionAuditRows } from './decision-audit.ts';
import { decisionItems, decisionKey, decisionOfRow, decisionRows } from './decision-row.ts';
import { queryRows } from './read.ts';
import { insertTogether } from './write-together.ts';

const decisionsOfOneJob = 100;

export function createControllerStore(deps: ControllerTables): ControllerStore {
  const { client } = deps;
  const tableName = deps.tables.controllers;

  /** Newest first. */
  const decisionsBetween = async (owner: number, range: { from: string; to: string }, limit: number) => {
    const query = {
      TableName: tableName,
      ConsistentRead: true,
      ScanIndexForward: false,
      KeyConditionExpression: 'installation_id = :owner AND #item BETWEEN :from AND :to',
      ExpressionAttributeNames: { '#item': 'item' },
      ExpressionAttributeValues: {
        ':owner': number(owner),
        ':from': text(range.from),
        ':to': text(range.to),
      },
    };
    return queryRows(client, query, limit);
  };

  return {
    policyOf: (owner) => readPolicy(deps, owner),
    platformEpoch: () => readPlatformEpoch(deps),
    save: (from, change) => savePolicy(deps, from, change),
    tokensOf: (owner) => listTokens(deps, owner),
    token: (owner, id) => findToken(deps, owner, id),
    changeTokens: (from, change) => writeTokens(deps, from, change),
    noteTokenUse: (owner, id, at) => noteUse(deps, { owner, id, at }),
    secretsOf: (owner, controllerId) => readSecrets(deps, owner, controllerId),
    saveSecrets: (owner, controllerId, change) => writeSecrets(deps, { owner, controllerId }, change),
    async recordDecisions(decisions) {
      const { audit } = deps.tables;
      if (audit === undefined)
        throw new Error('This store was made without an audit, and records no decisions.');
      // Refused: already recorded.
      await Promise.all([
        ...decisions
          .flatMap(decisionRows)
          .map((row) => insertTogether(client, { tableName, key: decisionKey(row), row })),
        ...decisions
          .flatMap(decisionAuditRows)
          .map((row) => insertTogether(client, { tableName: audit, key: auditKey(row), row })),
      ]);
    },
    async decisionsOfJob(owner, jobId) {
      const of = decisionItems.ofJob(jobId);
      const range = { from: of, to: `${of.slice(0, -1)}$` };
      return (await decisionsBetween(owner, range, decisionsOfOneJob)).map(decisionOfRow);
    },
    async decisionsSince(owner, { since, limit, after }: DecisionPage) {
      const from = decisionItems.from(since);
      const to = after === undefined ? decisionItems.end : `${decisionItems.prefix}${after}`;
      // DynamoDB refuses such a range instead of finding nothing in it.
      if (to < from) return { decisions: [] };
      // One more than requested, to see whether there is a next page; and the page's first, which the last page showed.
      const most = limit + (after === undefined ? 1 : 2);
      const found = await decisionsBetween(owner, { from, to }, most);
      const rows = found.filter((row) => row['item']?.S !== to);
      const page = rows.slice(0, limit);
      const decisions = page.map(decisionOfRow);
      const last = page.at(-1)?.['item']?.S;
      if (rows.length <= limit || last === undefined) return { decisions };
      return { decisions, next: last.slice(decisionItems.prefix.length) };
    },
  };
}
