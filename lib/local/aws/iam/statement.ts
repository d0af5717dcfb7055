/**
 * A policy document, compiled: each statement becomes a test of a question. A document is compiled once and kept as long
 * as it lives. A statement that cannot be understood keeps its fault, so that whatever it may be about is denied.
 */
import type { IamQuestion, PolicyDocument, PolicyStatement } from '../service.ts';
import { type ConditionTest, compileCondition } from './condition.ts';
import { wildcard } from './wildcard.ts';

export interface CompiledStatement {
  readonly effect: 'Allow' | 'Deny';
  readonly source: PolicyStatement;
  /** Is the statement about this action on this resource? Conditions are not checked. */
  concerns(question: IamQuestion): boolean;
  readonly conditions: readonly ConditionTest[];
  /** Why the statement is refused, if it is. */
  readonly fault?: string;
}

const compiled = new WeakMap<PolicyDocument, readonly CompiledStatement[]>();

export function compileDocument(document: PolicyDocument): readonly CompiledStatement[] {
  const known = compiled.get(document);
  if (known) return known;
  const statements = asList(document.Statement).map(compileStatement);
  compiled.set(document, statements);
  return statements;
}

function compileStatement(source: PolicyStatement): CompiledStatement {
  const effect = source.Effect;
  try {
    if (effect !== 'Allow' && effect !== 'Deny') {
      throw new Error(`its Effect is ${JSON.stringify(effect)}; it must be Allow or Deny`);
    }
    const concernsAction = compileChoice(source, ['Action', 'NotAction'], { ignoreCase: true });
    const concernsResource = compileChoice(source, ['Resource', 'NotResource'], {});
    const concerns = ({ action, resource }: IamQuestion) =>
      concernsAction(action) && concernsResource(resource);
    return { effect, source, concerns, ...compileConditions(source) };
  } catch (error) {
    return { effect, source, concerns: () => true, conditions: [], fault: (error as Error).message };
  }
}

/** A fault among the conditions refuses the statement only for the actions and resources that it names. */
function compileConditions(source: PolicyStatement): Pick<CompiledStatement, 'conditions' | 'fault'> {
  try {
    const conditions = Object.entries(source.Condition ?? {}).flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, value]) => compileCondition(operator, key, value)),
    );
    return { conditions };
  } catch (error) {
    return { conditions: [], fault: (error as Error).message };
  }
}

function compileChoice(
  source: PolicyStatement,
  [positive, negative]: readonly ['Action', 'NotAction'] | readonly ['Resource', 'NotResource'],
  options: { ignoreCase?: boolean },
) {
  const given = source[positive];
  const excluded = source[negative];
  if ((given === undefined) === (excluded === undefined)) {
    throw new Error(`it must have either ${positive} or ${negative}`);
  }
  const patterns = asList((given ?? excluded)!);
  const odd = patterns.find((pattern) => typeof pattern !== 'string' || pattern.includes('${'));
  if (odd !== undefined) {
    throw new Error(`${JSON.stringify(odd)} is not a pattern that is known here: a text without variables`);
  }
  const matchers = patterns.map((pattern) => wildcard(pattern, options));
  const wanted = given !== undefined;
  return (text: string) => matchers.some((matches) => matches(text)) === wanted;
}

export function asList<Item>(items: Item | readonly Item[]): readonly Item[] {
  return Array.isArray(items) ? items : [items as Item];
}
