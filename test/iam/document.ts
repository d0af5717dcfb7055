/**
 * docs/IAM.md, from the templates and the code: what each function may do, on what, under which condition, and the lines
 * that need it. The same templates and code give the same text.
 */
import { asList } from '../../lib/local/aws/iam/statement.ts';
import { type CodeLine, linesThatNeed } from './code-lines.ts';
import type { Policy, Statement } from './platform-policies.ts';
import { filesOfFunction } from './source-files.ts';
import { wildcardReason } from './wildcards.ts';

export function iamDocument(policies: readonly Policy[], lastPart: string): string {
  const ofKind = (kind: Policy['kind']) => policies.filter((policy) => policy.kind === kind);
  const roles = [...ofKind('function'), ...ofKind('role')];
  const parts = [
    intro,
    '## Functions',
    ...ofKind('function').map(functionPart),
    ...(ofKind('role').length > 0 ? ['## Other roles', ...ofKind('role').map(rolePart)] : []),
    '## Wildcards',
    'No statement that allows something has a wildcard action. These resources have a wildcard:',
    table(['Resource', 'Actions', 'Why'], wildcardRows(roles)),
    '## Policies on resources',
    'Who else may use a function, a queue or a topic, by the policy that stands on it.',
    table(['On', 'Effect', 'Who', 'Action', 'Condition'], resourceRows(ofKind('resource'))),
    lastPart,
  ];
  return `${parts.map((part) => part.trim()).join('\n\n')}\n`;
}

const intro = `
# Permissions

<!-- Written by \`npm run iam\`. Do not edit: a test compares it with the templates and the code. -->

What every role of the platform may do, with every option of mayfly.config.ts in use; the environment is \`my-saas\`. The last
column links the lines of code that need an action: a test fails where no line does. The end-to-end tests fail where a call
lacks a grant, and where none needs one, apart from single calls to tables and questions to EC2, which depend on the order of
events. ARNs are shown without their beginning.
`;

function functionPart({ of, statements }: Policy): string {
  const files = filesOfFunction(of);
  const rows = statements.flatMap((statement) =>
    asList(statement.Action).map((action, index) => {
      const lines = linesThatNeed(action, statement.Sid ?? '', files);
      if (lines.length === 0) {
        throw new Error(
          `${of} may ${action} (${statement.Sid}), and no line of its code needs it: take the grant away, or teach test/iam/code-lines.ts how the call looks.`,
        );
      }
      return [...statementCells(statement, action, index), lines.map(link).join(' ')];
    }),
  );
  return `### ${of}\n\n${table(['Statement', 'Action', 'Resource', 'Condition', 'Needed by'], rows)}`;
}

function rolePart({ of, stack, statements }: Policy): string {
  const rows = statements.flatMap((statement) =>
    asList(statement.Action).map((action, index) => statementCells(statement, action, index)),
  );
  return `### ${of} (${stack})\n\n${table(['Statement', 'Action', 'Resource', 'Condition'], rows)}`;
}

/** What is the same for all actions of a statement is said once. */
const statementCells = (statement: Statement, action: string, index: number): string[] =>
  index === 0
    ? [statement.Sid ?? '', code(action), resourcesOf(statement), conditionOf(statement)]
    : ['', code(action), '', ''];

const resourcesOf = ({ Resource }: Statement) =>
  asList(Resource ?? [])
    .map((resource) => code(shortened(resource)))
    .join(' ');

const shortened = (arn: string) => arn.replace(/^arn:aws:([^:]*):[^:]*:[^:]*:/, '$1:');

function conditionOf({ Condition = {} }: Statement): string {
  return Object.entries(Condition)
    .flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, value]) => {
        const values = asList(value as string).map((text) => shortened(String(text)));
        return `${code(key)} ${operator} ${values.map(code).join(', ')}`;
      }),
    )
    .join('; ');
}

function wildcardRows(policies: readonly Policy[]): string[][] {
  const found = new Map<string, { actions: Set<string>; why: string }>();
  for (const { Action, Resource } of policies.flatMap(({ statements }) => statements)) {
    for (const action of asList(Action)) {
      for (const resource of asList(Resource ?? [])) {
        const why = wildcardReason(action, resource);
        if (why === undefined) continue;
        const row = found.get(shortened(resource)) ?? { actions: new Set(), why };
        found.set(shortened(resource), row);
        row.actions.add(action);
      }
    }
  }
  return [...found]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([resource, { actions, why }]) => [code(resource), [...actions].sort().map(code).join(' '), why]);
}

/** Policies that say the same of several resources are one row. */
function resourceRows(policies: readonly Policy[]): string[][] {
  const found = new Map<string, { readonly on: string[]; readonly cells: string[] }>();
  for (const { of, statements } of policies) {
    for (const statement of statements) {
      const actions = asList(statement.Action).map(code).join(' ');
      const cells = [statement.Effect, principalOf(statement), actions, conditionOf(statement)];
      const row = found.get(cells.join('|')) ?? { on: [], cells };
      found.set(cells.join('|'), row);
      row.on.push(code(of));
    }
  }
  return [...found.values()].map(({ on, cells }) => [on.join(' '), ...cells]);
}

function principalOf({ Principal }: Statement): string {
  if (typeof Principal === 'string') return Principal === '*' ? 'anyone' : Principal;
  const named = Object.values((Principal ?? {}) as Record<string, string | string[]>).flat();
  return named.includes('*') ? 'anyone' : named.join(', ');
}

const link = ({ file, line }: CodeLine) => `[${file.split('/').at(-1)}:${line}](../${file}#L${line})`;
const code = (text: string) => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
