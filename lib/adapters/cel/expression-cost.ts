/**
 * What an expression names and its maximum cost, read from its syntax tree without evaluating it. CEL loops over lists
 * only, so the maximum number of steps is known: a loop runs once for each entry that its list can have.
 * Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#macros
 */
import type { parse } from '@bufbuild/cel';
import { patternSize } from './pattern-size.ts';

export type Expression = NonNullable<ReturnType<typeof parse>['expr']>;

export interface Measured {
  /** Evaluated nodes, at most. */
  readonly steps: number;
  readonly depth: number;
  /** `repository.name`; a variable that is used as a whole has no field. */
  readonly names: ReadonlySet<string>;
  /** A pattern of `matches` is computed: what it may become is not known. */
  readonly computesPattern: boolean;
}

/** Compiling an instruction of a pattern, and running it for each character of a name, against evaluating a node. */
const stepsOfInstruction = 10;

/** The longest list among the facts: a job's labels. */
export const longestList = 20;

export function measure(expression: Expression): Measured {
  const names = new Set<string>();
  const patterns = { areComputed: false };
  const { steps, depth } = walk(expression, { names, bound: new Set(), patterns });
  return { steps, depth, names, computesPattern: patterns.areComputed };
}

interface Walk {
  readonly names: Set<string>;
  /** Names bound by the expression's own loops. */
  readonly bound: ReadonlySet<string>;
  readonly patterns: { areComputed: boolean };
}

interface Size {
  readonly steps: number;
  readonly depth: number;
}

function walk(expression: Expression, at: Walk): Size {
  const kind = expression.exprKind;
  switch (kind.case) {
    case 'identExpr':
      if (!at.bound.has(kind.value.name)) at.names.add(kind.value.name);
      return leaf;
    case 'selectExpr': {
      const { operand, field } = kind.value;
      const root = operand?.exprKind;
      if (root?.case === 'identExpr' && !at.bound.has(root.value.name)) {
        at.names.add(`${root.value.name}.${field}`);
        return { steps: 2, depth: 2 };
      }
      return over(operand ? [operand] : [], at);
    }
    case 'callExpr': {
      const { target, args, function: name } = kind.value;
      const { steps, depth } = over([...(target ? [target] : []), ...args], at);
      return { steps: steps + (name === 'matches' ? patternSteps(args.at(-1), at) : 0), depth };
    }
    case 'listExpr':
      return over(kind.value.elements, at);
    case 'structExpr':
      return over(
        kind.value.entries.flatMap(({ keyKind, value }) => [
          ...(keyKind.case === 'mapKey' ? [keyKind.value] : []),
          ...(value ? [value] : []),
        ]),
        at,
      );
    case 'comprehensionExpr':
      return loop(kind.value, at);
    default:
      return leaf;
  }
}

function patternSteps(pattern: Expression | undefined, at: Walk): number {
  const kind = pattern?.exprKind;
  const constant = kind?.case === 'constExpr' ? kind.value.constantKind : undefined;
  if (constant?.case === 'stringValue') return stepsOfInstruction * patternSize(constant.value);
  at.patterns.areComputed = true;
  return 0;
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
  // A list cannot have more entries than the expression that makes it has nodes, or the facts that it names have.
  const turns = longestList * range.steps;
  return {
    steps: range.steps + turns * turn.steps + rest.steps,
    depth: 1 + Math.max(range.depth, turn.depth, rest.depth),
  };
}
