/**
 * What an expression names and its maximum cost, read from its syntax tree without evaluating it. CEL loops over lists
 * only, so the maximum number of steps is known: a loop runs once for each entry that its list can have.
 * Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#macros
 */
import { type Constant, constantText, type Expression } from './expression.ts';
import { patternSize } from './pattern-size.ts';

export interface Measured {
  /** Evaluated nodes, at most. */
  readonly steps: number;
  readonly depth: number;
  /** `repository.name`, `repository."a b"`; a variable that is used as a whole has no field. */
  readonly names: ReadonlySet<string>;
  readonly hasPatterns: boolean;
  /** A pattern of `matches` is computed: what it may become is not known. */
  readonly computesPattern: boolean;
}

/**
 * Compiling an instruction of a pattern, and running it for each character of a text, against evaluating a node. A label
 * has at most 100 characters, a branch some 250; a text that the expression makes, at most one of these for each node.
 */
const stepsOfInstruction = { ofLabel: 10, ofFact: 30 };

/** The longest list among the facts: a job's labels. */
export const longestList = 20;

export function measure(expression: Expression): Measured {
  const names = new Set<string>();
  const patterns = { areUsed: false, areComputed: false };
  const { steps, depth } = walk(expression, { names, bound: new Set(), patterns });
  return { steps, depth, names, hasPatterns: patterns.areUsed, computesPattern: patterns.areComputed };
}

interface Walk {
  readonly names: Set<string>;
  /** Names bound by the expression's own loops. */
  readonly bound: ReadonlySet<string>;
  readonly patterns: { areUsed: boolean; areComputed: boolean };
}

interface Size {
  readonly steps: number;
  readonly depth: number;
}

/** Without the keys of a map, and without what a loop repeats. */
export function partsOf({ exprKind }: Expression): readonly Expression[] {
  switch (exprKind.case) {
    case 'selectExpr':
      return exprKind.value.operand ? [exprKind.value.operand] : [];
    case 'callExpr':
      return [...(exprKind.value.target ? [exprKind.value.target] : []), ...exprKind.value.args];
    case 'listExpr':
      return exprKind.value.elements;
    case 'structExpr':
      return exprKind.value.entries.flatMap(({ value }) => value ?? []);
    default:
      return [];
  }
}

function walk(expression: Expression, at: Walk): Size {
  const kind = expression.exprKind;
  switch (kind.case) {
    case 'identExpr':
      if (!at.bound.has(kind.value.name)) at.names.add(kind.value.name);
      return leaf;
    case 'selectExpr': {
      const fact = factOf(expression, at);
      if (fact === undefined) return over(partsOf(expression), at);
      at.names.add(fact);
      return { steps: 2, depth: 2 };
    }
    case 'callExpr': {
      const fact = factOf(expression, at);
      if (fact !== undefined) {
        at.names.add(fact);
        return { steps: 3, depth: 2 };
      }
      const parts = partsOf(expression);
      const size = over(parts, at);
      return kind.value.function === 'matches' ? matching(parts, { size, at }) : size;
    }
    case 'listExpr':
      return over(partsOf(expression), at);
    case 'structExpr':
      return over([...kind.value.entries.flatMap(keyOf), ...partsOf(expression)], at);
    case 'comprehensionExpr':
      return loop(kind.value, at);
    case 'constExpr': {
      const text = kind.value.constantKind;
      return text.case === 'stringValue'
        ? { steps: 1 + Math.floor(text.value.length / 100), depth: 1 }
        : leaf;
    }
    default:
      return leaf;
  }
}

type MapEntry = Extract<Expression['exprKind'], { case: 'structExpr' }>['value']['entries'][number];

const keyOf = ({ keyKind }: MapEntry) => (keyKind.case === 'mapKey' ? [keyKind.value] : []);

/** The fact that an expression is and no more: `job.labels`, or `job["labels"]`. */
function factOf(expression: Expression, { bound }: Walk): string | undefined {
  const [group, field] = groupAndField(expression);
  if (group?.exprKind.case !== 'identExpr' || field === undefined) return undefined;
  const { name } = group.exprKind.value;
  return bound.has(name) ? undefined : `${name}.${field}`;
}

function groupAndField({ exprKind }: Expression): readonly [] | readonly [Expression | undefined, string] {
  if (exprKind.case === 'selectExpr') return [exprKind.value.operand, exprKind.value.field];
  if (exprKind.case !== 'callExpr' || exprKind.value.function !== '_[_]') return [];
  const [group, key] = exprKind.value.args;
  return key?.exprKind.case === 'constExpr' ? [group, fieldOf(key.exprKind.value)] : [];
}

/** Only a text names a field: `job[3]` names one that does not exist. */
function fieldOf(constant: Constant): string {
  const { case: kind, value } = constant.constantKind;
  return kind === 'stringValue' && /^\w+$/.test(value) ? value : constantText(constant);
}

function matching(parts: readonly Expression[], { size, at }: { size: Size; at: Walk }): Size {
  const [text, pattern] = [parts[0], parts.at(-1)?.exprKind];
  const constant = pattern?.case === 'constExpr' ? pattern.value.constantKind : undefined;
  at.patterns.areUsed = true;
  if (!text || constant?.case !== 'stringValue') {
    at.patterns.areComputed = true;
    return size;
  }
  const { ofLabel, ofFact } = stepsOfInstruction;
  const ofText = factOf(text, at) === undefined ? ofFact * size.steps : ofFact;
  const each = text.exprKind.case === 'identExpr' ? ofLabel : ofText;
  return { steps: size.steps + each * patternSize(constant.value), depth: size.depth };
}

const leaf: Size = { steps: 1, depth: 1 };

function over(parts: readonly Expression[], at: Walk): Size {
  const sizes = parts.map((part) => walk(part, at));
  return {
    steps: 1 + sizes.reduce((sum, { steps }) => sum + steps, 0),
    depth: 1 + Math.max(0, ...sizes.map(({ depth }) => depth)),
  };
}

type Comprehension = Extract<Expression['exprKind'], { case: 'comprehensionExpr' }>['value'];

function loop(of: Comprehension, at: Walk): Size {
  const inside = { ...at, bound: new Set([...at.bound, of.iterVar, of.iterVar2, of.accuVar]) };
  const range = over(of.iterRange ? [of.iterRange] : [], at);
  const turn = over(
    [of.loopStep, of.loopCondition].filter((part) => part !== undefined),
    inside,
  );
  const rest = over(
    [of.accuInit, of.result].filter((part) => part !== undefined),
    inside,
  );
  // Any other list cannot have more entries than the expression that makes it has nodes, times a fact's entries.
  const isFact = of.iterRange !== undefined && factOf(of.iterRange, at) !== undefined;
  const turns = isFact ? longestList : longestList * range.steps;
  return {
    steps: range.steps + turns * turn.steps + rest.steps,
    depth: 1 + Math.max(range.depth, turn.depth, rest.depth),
  };
}
