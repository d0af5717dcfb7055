/**
 * Questions to external controllers, as rows in the partition of the controller's owner. Unanswered questions for controllers
 * that poll are in a sparse index, ordered by when their time ends, so that a poll reads only what it returns. The index may
 * lag by moments: the rows say which questions are still open.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { tables } from '../../contract/tables.ts';
import type { JobFacts } from '../../core/controllers/facts.ts';
import { laneOf, lanesOf, turnWindow } from '../../core/controllers/question-turns.ts';
import { InstallationId, JobId } from '../../core/ids.ts';
import type { Question, QuestionStore, StoredQuestion } from '../../ports/questions.ts';
import { type Attributes, compact, number, optional, text } from './attributes.ts';
import { controllerKey, rowOf } from './controller-row.ts';
import { findByIndex } from './find-by-index.ts';
import { getRow } from './read.ts';
import { insertStatement, runStatements } from './statements.ts';
import { updateRow } from './write.ts';

const keptSeconds = 24 * 60 * 60;
/** How long the counts for turns are kept: longer than their window. */
const countKeptSeconds = 60 * 60;

const { indexes, partitionKey, sortKey } = tables.controllers;
const { unanswered } = indexes;
const keyNames = [partitionKey.name, sortKey.name];

const itemOf = (controllerId: string, id: string) => `question#${controllerId}#${id}`;
const askedOf = ({ owner, controllerId }: Pick<Question, 'owner' | 'controllerId'>, lane: number) =>
  `${owner}#${controllerId}#${lane}`;

interface StoreDeps {
  readonly client: DynamoDBClient;
  readonly tableName: string;
}

export function createQuestionStore(deps: StoreDeps): QuestionStore {
  const { client, tableName } = deps;
  const read = async ({ owner, controllerId, id }: Pick<Question, 'owner' | 'controllerId' | 'id'>) => {
    const row = await getRow(client, tableName, controllerKey(owner, itemOf(controllerId, id)));
    return row && questionOfRow(row);
  };
  return {
    async ask(question) {
      const { owner, transport } = question;
      const takesTurns = transport === 'poll' && lanesOf(owner).length > 1;
      const known = takesTurns ? await read(question) : undefined;
      if (known) return known;
      const lane = takesTurns ? laneOf(await countAsked(deps, question)) : 0;
      const insert = insertStatement(tableName, questionRow(question, lane));
      const [outcome] = await runStatements(client, [insert]);
      if (typeof outcome === 'object') throw outcome;
      if (outcome === 'done') return question;
      return (await read(question)) ?? question;
    },
    async pendingOf(owner, controllerId, { now, limit }) {
      const found: Attributes[] = [];
      for (const lane of lanesOf(owner)) {
        if (found.length === limit) break;
        const query = {
          TableName: tableName,
          IndexName: unanswered.name,
          KeyConditionExpression: '#askedOf = :askedOf AND #endsAt > :now',
          ExpressionAttributeNames: {
            '#askedOf': unanswered.partitionKey.name,
            '#endsAt': unanswered.sortKey.name,
          },
          ExpressionAttributeValues: {
            ':askedOf': text(askedOf({ owner, controllerId }, lane)),
            ':now': number(now),
          },
        };
        found.push(...(await findByIndex(client, query, { keyNames, limit: limit - found.length })));
      }
      return found.map(questionOfRow).filter(({ answer }) => answer === undefined);
    },
    async answer(about, { vote, reason }, now) {
      const { met, row } = await updateRow(
        client,
        {
          tableName,
          key: controllerKey(about.owner, itemOf(about.controllerId, about.id)),
          update: `SET #vote = :vote${reason === undefined ? '' : ', #reason = :reason'} REMOVE #asked_of`,
          condition: 'attribute_exists(#ends_at) AND attribute_not_exists(#vote) AND #ends_at > :now',
          values: compact<Attributes>({
            ':vote': text(vote),
            ':reason': optional(reason, text),
            ':now': number(now),
          }),
        },
        'ALL_OLD',
      );
      if (!row) return { kind: 'unknown' };
      const question = questionOfRow(row);
      if (met) return { kind: 'taken', question };
      return { kind: question.answer ? 'answered' : 'late' };
    },
  };
}

/** How many questions this controller has been asked about the tenant's jobs in this window, including this one. */
async function countAsked({ client, tableName }: StoreDeps, question: Question): Promise<number> {
  const { owner, controllerId, installationId, askedAt } = question;
  const { row } = await updateRow(
    client,
    {
      tableName,
      key: controllerKey(owner, `asked#${controllerId}#${installationId}#${turnWindow(askedAt)}`),
      update: 'SET #times = if_not_exists(#times, :none) + :one, #expires_at = :expiresAt',
      condition: 'attribute_not_exists(#question_id)',
      values: {
        ':none': number(0),
        ':one': number(1),
        ':expiresAt': number(Math.ceil(askedAt / 1000) + countKeptSeconds),
      },
    },
    'ALL_NEW',
  );
  return row ? rowOf(row).number('times') : 1;
}

const questionRow = (question: Question, lane: number): Attributes => ({
  ...controllerKey(question.owner, itemOf(question.controllerId, question.id)),
  ...(question.transport === 'poll' ? { [unanswered.partitionKey.name]: text(askedOf(question, lane)) } : {}),
  transport: text(question.transport),
  controller_id: text(question.controllerId),
  question_id: text(question.id),
  job_installation_id: number(question.installationId),
  job_id: number(question.jobId),
  gate: text(question.gate),
  facts: text(JSON.stringify(question.facts)),
  asked_at: number(question.askedAt),
  ends_at: number(question.endsAt),
  expires_at: number(Math.ceil(question.askedAt / 1000) + keptSeconds),
});

function questionOfRow(attributes: Attributes): StoredQuestion {
  const row = rowOf(attributes);
  const vote = row.optionalWord('vote', ['admit', 'reject']);
  const reason = row.optionalText('reason');
  return {
    owner: InstallationId(row.number('installation_id')),
    controllerId: row.text('controller_id'),
    // Absent in rows of earlier versions.
    transport: row.optionalWord('transport', ['https', 'poll']) ?? 'poll',
    id: row.text('question_id'),
    installationId: InstallationId(row.number('job_installation_id')),
    jobId: JobId(row.number('job_id')),
    gate: row.word('gate', ['queue', 'start']),
    facts: JSON.parse(row.text('facts')) as JobFacts,
    askedAt: row.number('asked_at'),
    endsAt: row.number('ends_at'),
    ...(vote === undefined ? {} : { answer: { vote, ...(reason === undefined ? {} : { reason }) } }),
  };
}
