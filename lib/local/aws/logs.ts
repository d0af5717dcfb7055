/**
 * CloudWatch Logs, as far as an operator reads them (`aws logs tail … --follow`): what the functions wrote, by group and
 * stream, in memory. Each group keeps only its latest events. Filter patterns are plain words, all of which must occur.
 */
import { jsonAnswer, requireText, unknownAction } from './json-answer.ts';
import { type AwsCall, AwsError, type AwsService } from './service.ts';

export interface LogsService extends AwsService {
  /** Does nothing if it exists. */
  createGroup(group: string): void;
  /** Creates the group and the stream if they are new. */
  append(group: string, stream: string, message: string): void;
}

interface LogEvent {
  readonly id: number;
  readonly stream: string;
  readonly timestamp: number;
  readonly message: string;
}

interface LogGroup {
  readonly createdAt: number;
  events: LogEvent[];
}

type Input = AwsCall['input'];

/** A burst of a hundred jobs writes about a thousand lines. */
const eventsKeptPerGroup = 10_000;
const defaultPage = 10_000;

export function createLogsService(place: {
  readonly region: string;
  readonly accountId: string;
}): LogsService {
  const groups = new Map<string, LogGroup>();
  let lastId = 0;
  const arnOf = (group: string) => `arn:aws:logs:${place.region}:${place.accountId}:log-group:${group}`;

  const open = (name: string): LogGroup => {
    const group = groups.get(name) ?? { createdAt: Date.now(), events: [] };
    groups.set(name, group);
    return group;
  };
  const find = (input: Input): { name: string; group: LogGroup } => {
    const given = input['logGroupName'] ?? input['logGroupIdentifier'];
    const name = requireText({ logGroupName: given }, 'logGroupName').replace(/^arn:.*:log-group:|:\*$/g, '');
    const group = groups.get(name);
    if (group) return { name, group };
    throw new AwsError('ResourceNotFoundException', `The specified log group does not exist: ${name}`);
  };

  const actions: Readonly<Record<string, (input: Input) => object>> = {
    DescribeLogGroups: (input) => {
      const prefix = (input['logGroupNamePrefix'] as string | undefined) ?? '';
      const found = [...groups].filter(([name]) => name.startsWith(prefix));
      const logGroups = found.map(([name, { createdAt, events }]) => ({
        logGroupName: name,
        creationTime: createdAt,
        arn: `${arnOf(name)}:*`,
        logGroupArn: arnOf(name),
        storedBytes: events.reduce((sum, { message }) => sum + message.length, 0),
      }));
      return { logGroups };
    },
    DescribeLogStreams: (input) => {
      const { name, group } = find(input);
      return { logStreams: streamsOf(group, `${arnOf(name)}:log-stream:`) };
    },
    FilterLogEvents: (input) => page(select(find(input).group, input), input),
    GetLogEvents: (input) => {
      const logStreamNames = [requireText(input, 'logStreamName')];
      const { events } = page(select(find(input).group, { ...input, logStreamNames }), input);
      const here = String(input['nextToken'] ?? '0');
      return { events, nextForwardToken: events.at(-1)?.eventId ?? here, nextBackwardToken: here };
    },
  };

  return {
    service: 'logs',
    questions: ({ action, input }) => {
      const name = input['logGroupName'];
      const resource = typeof name === 'string' ? `${arnOf(name)}:*` : '*';
      return [{ action: `logs:${action}`, resource, context: {} }];
    },
    async handle({ action, input }) {
      const act = Object.hasOwn(actions, action) ? actions[action] : undefined;
      if (!act) throw unknownAction('CloudWatch Logs', action, Object.keys(actions));
      return jsonAnswer(act(input));
    },
    createGroup: (group) => void open(group),
    append(name, stream, message) {
      const group = open(name);
      lastId += 1;
      group.events.push({ id: lastId, stream, timestamp: Date.now(), message });
      if (group.events.length >= 2 * eventsKeptPerGroup)
        group.events = group.events.slice(-eventsKeptPerGroup);
    },
  };
}

function select({ events }: LogGroup, input: Input): LogEvent[] {
  const { startTime = 0, endTime = Number.MAX_SAFE_INTEGER } = input as {
    startTime?: number;
    endTime?: number;
  };
  const streams = input['logStreamNames'] as readonly string[] | undefined;
  const prefix = (input['logStreamNamePrefix'] as string | undefined) ?? '';
  const pattern = (input['filterPattern'] as string | undefined) ?? '';
  const words = pattern.split(/\s+/).map((word) => word.replace(/^"|"$/g, ''));
  return events.filter(
    ({ stream, timestamp, message }) =>
      timestamp >= startTime &&
      timestamp <= endTime &&
      (streams?.includes(stream) ?? true) &&
      stream.startsWith(prefix) &&
      words.every((word) => message.includes(word)),
  );
}

/** A token is the id of the last event returned, so that new events shift nothing. */
function page(selected: readonly LogEvent[], input: Input) {
  const after = Number(input['nextToken'] ?? 0);
  const limit = Number(input['limit'] ?? defaultPage);
  const left = selected.filter(({ id }) => id > after);
  const shown = left.slice(0, limit);
  const events = shown.map(({ id, stream, timestamp, message }) => ({
    eventId: String(id).padStart(56, '0'),
    logStreamName: stream,
    timestamp,
    ingestionTime: timestamp,
    message,
  }));
  const last = shown.at(-1);
  return { events, ...(left.length > limit && last ? { nextToken: String(last.id) } : {}) };
}

function streamsOf({ events }: LogGroup, arnPrefix: string) {
  const streams = new Map<string, { first: number; last: number }>();
  for (const { stream, timestamp } of events) {
    streams.set(stream, { first: streams.get(stream)?.first ?? timestamp, last: timestamp });
  }
  return [...streams].map(([name, { first, last }]) => ({
    logStreamName: name,
    creationTime: first,
    firstEventTimestamp: first,
    lastEventTimestamp: last,
    lastIngestionTime: last,
    arn: arnPrefix + name,
  }));
}
