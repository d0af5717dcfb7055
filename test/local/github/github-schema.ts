/**
 * GitHub's published schema of the endpoints in question, to check answers with. It accepts nothing that it has no
 * schema for.
 */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import type { ApiAnswer } from './api-client.ts';

const subset = JSON.parse(
  readFileSync(new URL('../../fixtures/github-openapi-subset.json', import.meta.url), 'utf8'),
);
/** Missing in the subset; GitHub answers with an entry of the list of runs. Source: actions/get-workflow-run. */
const oneRun = { schema: { $ref: '#/components/schemas/workflow-run' } };
subset.paths['/repos/{owner}/{repo}/actions/runs/{run_id}'] = {
  get: { responses: { 200: { content: { 'application/json': oneRun } } } },
};
/** Missing in the subset; GitHub answers with this and more. Source: repos/get. */
const oneRepository = { schema: { $ref: '#/components/schemas/repository' } };
subset.paths['/repos/{owner}/{repo}'] = {
  get: { responses: { 200: { content: { 'application/json': oneRepository } } } },
};
const document = asJsonSchema(subset) as Tree;
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, logger: false });
ajv.addSchema({ $id: 'github', ...document });

interface Tree {
  readonly [key: string]: Tree;
}

/** What is wrong with an answer of `METHOD pattern`; empty: nothing. */
export function faultsOf(route: string, answer: ApiAnswer): string[] {
  const [method = '', pattern = ''] = route.split(' ');
  const operation = document['paths']?.[pattern]?.[method.toLowerCase()];
  if (!operation) return [`GitHub has no ${route}`];
  const pointer = schemaPointer({ method: method.toLowerCase(), pattern, status: answer.status });
  if (pointer === undefined) return [`GitHub's ${route} has no answer ${answer.status}`];
  if (pointer === 'no body') return answer.body === '' ? [] : [`${answer.status} of ${route} has a body`];
  const validate = ajv.getSchema(`github#${pointer}`);
  if (!validate) return [`no schema at ${pointer}`];
  if (validate(answer.body)) return [];
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Errors that an operation does not list (401 and 403 are rarely listed) are basic errors. */
function schemaPointer(asked: { method: string; pattern: string; status: number }): string | undefined {
  const escaped = asked.pattern.replaceAll('~', '~0').replaceAll('/', '~1');
  const listed = document['paths']![asked.pattern]![asked.method]!['responses']![String(asked.status)];
  if (!listed) return asked.status >= 400 ? '/components/schemas/basic-error' : undefined;
  const reference = listed['$ref'] as unknown as string | undefined;
  const root = reference ? reference.slice(1) : `/paths/${escaped}/${asked.method}/responses/${asked.status}`;
  const response = reference ? follow(reference) : listed;
  if (!response['content']) return 'no body';
  return `${root}/content/application~1json/schema`;
}

function follow(reference: string): Tree {
  return reference
    .slice(2)
    .split('/')
    .reduce((tree, key) => tree[key]!, document);
}

/**
 * OpenAPI 3.0 says `nullable: true` where JSON Schema needs a choice. One mistake of GitHub's own is also fixed: the
 * list of installations requires an account to be a user and an enterprise at once, where the single one requires
 * either.
 */
function asJsonSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asJsonSchema);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, asJsonSchema(entry)]),
  );
  const schema = isUserAndEnterprise(rest['allOf']) ? { anyOf: rest['allOf'] } : rest;
  return nullable === true ? { anyOf: [{ type: 'null' }, schema] } : schema;
}

function isUserAndEnterprise(parts: unknown): boolean {
  return Array.isArray(parts) && parts.map(({ title }) => title).join(' ') === 'Simple User Enterprise';
}
