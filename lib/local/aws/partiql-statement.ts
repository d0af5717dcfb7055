/** Reads one PartiQL update as the UpdateItem that it means. Undefined for any other statement. */
export interface Update {
  readonly TableName: string;
  /** @param parameters in the order of the question marks */
  inputFor(keyNames: readonly string[], parameters: readonly unknown[]): Readonly<Record<string, unknown>>;
}

interface Written {
  readonly names: Record<string, string>;
  readonly values: Record<string, unknown>;
  /** Parameters that are not used yet. */
  readonly parameters: unknown[];
}

const token = /"[^"]+"|'[^']*'|\?|[A-Za-z_]+|\d+|<>|<=|>=|[=<>()[\],+\-*]/g;
const clauseStarts = new Set(['SET', 'REMOVE', 'WHERE', 'RETURNING']);

export function readUpdate(statement: string): Update | undefined {
  const tokens = statement.match(token) ?? [];
  if (tokens[0]?.toUpperCase() !== 'UPDATE') return undefined;
  const TableName = (tokens[1] ?? '').replaceAll('"', '');
  const clauses = clausesOf(tokens.slice(2));
  return {
    TableName,
    inputFor(keyNames, parameters) {
      const written: Written = { names: {}, values: {}, parameters: [...parameters] };
      const sets: string[] = [];
      const removals: string[] = [];
      let condition: string[] = [];
      for (const [kind = '', ...words] of clauses) {
        if (kind === 'SET') sets.push(expression(words, written));
        else if (kind === 'REMOVE') removals.push(expression(words, written));
        else if (kind === 'WHERE') condition = conjuncts(words).map((part) => expression(part, written));
      }
      const isKey = (part: string) => keyNames.some((name) => part.startsWith(`#${name} = `));
      const Key = Object.fromEntries(
        condition.filter(isKey).map((part) => {
          const [name = '', value = ''] = part.split(' = ');
          const given = written.values[value];
          delete written.values[value];
          return [name.slice(1), given];
        }),
      );
      const exists = keyNames.map((name) => `attribute_exists(#${name})`);
      // The engine loses names within double brackets.
      const rest = condition
        .filter((part) => !isKey(part))
        .map((part) => (isWrapped(part) ? part : `(${part})`));
      const returning = clauses
        .find(([kind]) => kind === 'RETURNING')
        ?.slice(1, 3)
        .join('_');
      return {
        TableName,
        Key,
        UpdateExpression: [
          sets.length > 0 ? `SET ${sets.join(', ')}` : '',
          removals.length > 0 ? `REMOVE ${removals.join(', ')}` : '',
        ].join(' '),
        ConditionExpression: [...exists, ...rest].join(' AND '),
        ExpressionAttributeNames: written.names,
        ...(Object.keys(written.values).length > 0 ? { ExpressionAttributeValues: written.values } : {}),
        ...(returning ? { ReturnValues: returning } : {}),
      };
    },
  };
}

function clausesOf(tokens: readonly string[]): string[][] {
  const clauses: string[][] = [];
  for (const word of tokens) {
    const upper = word.toUpperCase();
    if (clauseStarts.has(upper)) clauses.push([upper]);
    else clauses.at(-1)?.push(word);
  }
  return clauses;
}

/** The operands of AND outside of all brackets. */
function conjuncts(words: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  let depth = 0;
  for (const word of words) {
    if ('(['.includes(word)) depth += 1;
    if (')]'.includes(word)) depth -= 1;
    if (depth === 0 && word.toUpperCase() === 'AND') parts.push([]);
    else parts.at(-1)!.push(word);
  }
  return parts;
}

/** Whether its last character closes its first bracket. */
function isWrapped(part: string): boolean {
  let depth = 0;
  return [...part].every((character, n) => {
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    return depth > 0 || n === part.length - 1;
  });
}

function expression(words: readonly string[], written: Written): string {
  const out: string[] = [];
  for (let n = 0; n < words.length; n += 1) {
    const word = words[n]!;
    if (word.toUpperCase() === 'IS') {
      const isNot = words[n + 1]?.toUpperCase() === 'NOT';
      out.push(`${isNot ? 'attribute_exists' : 'attribute_not_exists'}(${out.pop()})`);
      n += isNot ? 2 : 1;
    } else out.push(wordOf(word, written));
  }
  return out.join(' ');
}

function wordOf(word: string, { names, values, parameters }: Written): string {
  const value = (given: unknown) => {
    const name = `:v${Object.keys(values).length}_${parameters.length}`;
    values[name] = given;
    return name;
  };
  if (word.startsWith('"')) {
    const name = word.slice(1, -1);
    names[`#${name}`] = name;
    return `#${name}`;
  }
  if (word === '?') return value(parameters.shift());
  if (word.startsWith("'")) return value({ S: word.slice(1, -1) });
  if (/^\d+$/.test(word)) return value({ N: word });
  if (word === '[') return '(';
  return word === ']' ? ')' : word;
}
