/**
 * Questions to controllers that poll, as rows in the partition of the controller's owner. The key begins with the time of the
 * question, so that a look reads the newest minutes alone, whatever was answered or came to nothing before.
 */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { JobFacts } from '../../core/controllers/facts.ts';
import { InstallationId, JobId } from '../../core/ids.ts';
import type { Question, QuestionStore, StoredQuestion } from '../../ports/questions.ts';
import { type Attributes, compact, number, optional, text } from './attributes.ts';
import { controllerKey, rowOf } from './controller-row.ts';
import { getRow, queryRows } from './read.ts';
import { insertStatement, runStatements } from './statements.ts';
import { updateRow } from './write.ts';

/** Longer than any controller's timeout, and than a message takes. */
const lookBackMilliseconds = 15 * 60_000;
/** For each question that is wanted: so many of the newest are looked at, answered or not. */
const lookedAtForEach = 100;
const keptSeconds = 24 * 60 * 60;

const prefixOf = (controllerId: string) => `question#${controllerId}#`;
/** Ids begin with thirteen digits of milliseconds until the year 2286, so that texts sort as times do. */
const itemOf = (controllerId: string, id: string) => `${prefixOf(controllerId)}${id}`;

export function createQuestionStore(deps: { client: DynamoDBClient; tableName: string }): QuestionStore {
  const { client, tableName } = deps;
  const read = async ({ owner, controllerId, id }: Pick<Question, 'owner' | 'controllerId' | 'id'>) => {
    const row = await getRow(client, tableName, controllerKey(owner, itemOf(controllerId, id)));
    return row && questionOfRow(row);
  };
  return {
    async ask(question) {
      const [outcome] = await runStatements(client, [insertStatement(tableName, questionRow(question))]);
      if (typeof outcome === 'object') throw outcome;
      if (outcome === 'done') return question;
      return (await read(question)) ?? question;
    },
    async pendingOf(owner, controllerId, { now, limit }) {
      const query = {
        TableName: tableName,
        ConsistentRead: true,
        // The newest first: however many were answered lately, those that were asked just now are among them.
        ScanIndexForward: false,
        KeyConditionExpression: 'installation_id = :owner AND #item BETWEEN :from AND :to',
        ExpressionAttributeNames: { '#item': 'item' },
        ExpressionAttributeValues: {
          ':owner': number(owner),
          ':from': text(itemOf(controllerId, String(now - lookBackMilliseconds))),
          ':to': text(`${prefixOf(controllerId).slice(0, -1)}$`),
        },
      };
      const found = (await queryRows(client, query, limit * lookedAtForEach)).map(questionOfRow);
      const open = found.filter(({ answer, endsAt }) => answer === undefined && now < endsAt);
      return open.reverse().slice(0, limit);
    },
    async answer(about, { vote, reason }, now) {
      const { met, row } = await updateRow(
        client,
        {
          tableName,
          key: controllerKey(about.owner, itemOf(about.controllerId, about.id)),
          update: `SET #vote = :vote${reason === undefined ? '' : ', #reason = :reason'}`,
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

const questionRow = (question: Question): Attributes => ({
  ...controllerKey(question.owner, itemOf(question.controllerId, question.id)),
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
