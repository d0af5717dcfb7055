/**
 * Which parts of an expression have the same type for every job, so that one job shows it: facts, constants, and what
 * functions make of these. An entry of the author's own list or map may have another type for another job.
 */
import { type CelInput, isCelError, isCelList, isCelMap, isCelUint, type plan } from '@bufbuild/cel';
import type { Expression } from './expression.ts';
import { partsOf } from './expression-cost.ts';

export type Bindings = Readonly<Record<string, CelInput>>;

export interface At {
  /** @throws what the evaluator throws */
  readonly evaluate: (part: Expression, bindings: Bindings) => ReturnType<ReturnType<typeof plan>>;
  readonly bindings: Bindings;
  /** The variables of the loops around it, and whether each has one type in all turns. */
  readonly loops: ReadonlyMap<string, boolean>;
}

/** True or false, whatever they are called with. */
const conditions = ['_==_', '_!=_', '_<_', '_<=_', '_>_', '_>=_', '_&&_', '_||_', '!_', '@in', 'matches'];

export function isFixed(part: Expression, at: At): boolean {
  const { exprKind } = part;
  switch (exprKind.case) {
    case 'identExpr':
      return at.loops.get(exprKind.value.name) ?? true;
    case 'selectExpr':
      return exprKind.value.testOnly || isFact(part, at);
    case 'callExpr':
      return isFixedCall(part, { name: exprKind.value.function, at });
    default:
      return true;
  }
}

function isFixedCall(call: Expression, { name, at }: { readonly name: string; readonly at: At }): boolean {
  const parts = partsOf(call);
  const [first, second, third] = parts;
  if (conditions.includes(name)) return true;
  if (name === 'dyn') return false;
  if (name === '_[_]') return first !== undefined && isFact(first, at);
  if (name === '_?_:_' && second && third)
    return areAlike([second, third].map((part) => fixedKindOf(part, at)));
  return parts.every((part) => isFixed(part, at));
}

/** A fact, or a group of facts: `job.labels`, `job`. */
export function isFact({ exprKind }: Expression, at: At): boolean {
  if (exprKind.case === 'identExpr') return !at.loops.has(exprKind.value.name);
  const operand = exprKind.case === 'selectExpr' ? exprKind.value.operand : undefined;
  return operand?.exprKind.case === 'identExpr' && isFact(operand, at);
}

type Kind = string | undefined;

/** Whether all have one type, the same one. */
export const areAlike = ([first, ...others]: readonly Kind[]): boolean =>
  first !== undefined && others.every((kind) => kind === first);

/** Of each entry of the author's own list, or of a fact's; none: nothing is known about its entries. */
export function entryKinds(list: Expression, at: At): readonly Kind[] {
  const value = valueOn(list, at);
  if (!isCelList(value)) return [];
  if (list.exprKind.case === 'listExpr') return partsOf(list).map((entry) => fixedKindOf(entry, at));
  return isFact(list, at) ? [...value].map(kindOf) : [];
}

/** Undefined: it cannot be evaluated here. */
export function valueOn(part: Expression, { evaluate, bindings }: At): CelInput | undefined {
  try {
    const result = evaluate(part, bindings);
    return isCelError(result) ? undefined : (result as CelInput);
  } catch {
    return undefined;
  }
}

/** In the words of a message; undefined: not known, or of a type that rules hardly use. */
export const fixedKindOf = (part: Expression, at: At): Kind =>
  isFixed(part, at) ? kindOf(valueOn(part, at)) : undefined;

export function kindOf(value: unknown): Kind {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'true or false';
  if (typeof value === 'number' || typeof value === 'bigint' || isCelUint(value)) return 'a number';
  if (isCelList(value)) return 'a list';
  return isCelMap(value) ? 'a group of facts' : undefined;
}
