/**
 * Finds, before a rule is stored, what would keep it from ever doing what its author meant: a comparison of a text with a number
 * is false for every job, and a function that does not exist, behind an `&&`, fails only for some. CEL's checker would find
 * both; Buf's package does not export it. So this evaluates the parts of an expression over one job that has every fact.
 * What it cannot evaluate there, such as an entry beyond the list's end, it does not judge.
 */
import { type CelInput, isCelError, isCelList, isCelMap, isCelUint, type plan } from '@bufbuild/cel';
import type { Expression } from './expression-cost.ts';

export type Bindings = Readonly<Record<string, CelInput>>;
/** @throws what the evaluator throws */
type Evaluate = (part: Expression, bindings: Bindings) => ReturnType<ReturnType<typeof plan>>;
interface At {
  readonly evaluate: Evaluate;
  readonly bindings: Bindings;
}

export function typeFaultOf(expression: Expression, at: At): string | undefined {
  const { exprKind } = expression;
  if (exprKind.case === 'comprehensionExpr') return ofLoop(exprKind.value, at);
  const parts = partsOf(expression);
  for (const part of parts) {
    const fault = typeFaultOf(part, at);
    if (fault !== undefined) return fault;
  }
  return exprKind.case === 'callExpr'
    ? ofCall(expression, { name: exprKind.value.function, parts, at })
    : undefined;
}

function partsOf({ exprKind }: Expression): readonly Expression[] {
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

type Loop = Extract<Expression['exprKind'], { case: 'comprehensionExpr' }>['value'];

/** Its body, for the first entry of its list. */
function ofLoop({ iterRange, iterVar, accuVar, accuInit, loopStep }: Loop, at: At): string | undefined {
  const fault = iterRange && typeFaultOf(iterRange, at);
  if (fault !== undefined || !iterRange || !accuInit || !loopStep) return fault;
  const [range, start] = [valueOn(iterRange, at), valueOn(accuInit, at)];
  const [first] = isCelList(range) ? range : [];
  if (first === undefined || start === undefined) return undefined;
  return typeFaultOf(loopStep, { ...at, bindings: { ...at.bindings, [iterVar]: first, [accuVar]: start } });
}

function ofCall(
  call: Expression,
  { name, parts, at }: { readonly name: string; readonly parts: readonly Expression[]; readonly at: At },
): string | undefined {
  const [left, right] = parts;
  switch (name) {
    case '_==_':
    case '_!=_':
      return left && right && different(left, right, at);
    case '@in':
      return (left && right && notAmong(left, right, at)) ?? ofFunction(call, at);
    case '_&&_':
    case '_||_':
      return parts.map((part) => noCondition(part, at)).find((fault) => fault !== undefined);
    case '_?_:_':
      return left && noCondition(left, at);
    default:
      return ofFunction(call, at);
  }
}

function different(left: Expression, right: Expression, at: At): string | undefined {
  const [one, other] = [kindOf(valueOn(left, at)), kindOf(valueOn(right, at))];
  if (one === undefined || other === undefined || one === other) return undefined;
  if (one === 'null' || other === 'null')
    return 'No fact is null. Ask whether there is one with has(), as in has(workflow.name).';
  return `${shown(left) ?? 'The left side'} is ${one}, and ${shown(right) ?? 'the right side'} is ${other}: they are never equal.`;
}

function notAmong(left: Expression, right: Expression, at: At): string | undefined {
  const list = valueOn(right, at);
  const kind = kindOf(valueOn(left, at));
  if (kind === undefined || !isCelList(list)) return undefined;
  const odd = [...list].map(kindOf).find((entry) => entry !== undefined && entry !== kind);
  if (odd === undefined) return undefined;
  return `${shown(left) ?? 'The left side'} is ${kind}, and ${shown(right) ?? 'the list'} has an entry that is ${odd}: they are never equal.`;
}

function noCondition(part: Expression, at: At): string | undefined {
  const kind = kindOf(valueOn(part, at));
  return kind === undefined || kind === 'true or false'
    ? undefined
    : `${shown(part) ?? 'A part of it'} is ${kind}, where true or false is needed.`;
}

/** Whether there is such a function, for values of these types. */
function ofFunction(call: Expression, at: At): string | undefined {
  const why = failureOf(call, at);
  const [, unknown] = /^unbound function: (.*)$/.exec(why ?? '') ?? [];
  if (unknown !== undefined) return `There is no function ${unknown}.`;
  return why?.startsWith('found no matching overload') ? `It cannot be evaluated: ${why}` : undefined;
}

function failureOf(part: Expression, { evaluate, bindings }: At): string | undefined {
  try {
    const result = evaluate(part, bindings);
    return isCelError(result) ? result.message : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Undefined: it cannot be evaluated here, or its author wants its type ignored. */
function valueOn(part: Expression, { evaluate, bindings }: At): CelInput | undefined {
  if (part.exprKind.case === 'callExpr' && part.exprKind.value.function === 'dyn') return undefined;
  try {
    const result = evaluate(part, bindings);
    return isCelError(result) ? undefined : (result as CelInput);
  } catch {
    return undefined;
  }
}

/** In the words of a message; undefined: of a type that rules hardly use. */
export function kindOf(value: unknown): string | undefined {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'true or false';
  if (typeof value === 'number' || typeof value === 'bigint' || isCelUint(value)) return 'a number';
  if (isCelList(value)) return 'a list';
  return isCelMap(value) ? 'a group of facts' : undefined;
}

/** A fact or a constant, as its author wrote it. */
function shown({ exprKind }: Expression): string | undefined {
  switch (exprKind.case) {
    case 'identExpr':
      return exprKind.value.name;
    case 'selectExpr': {
      const { operand, field } = exprKind.value;
      return operand?.exprKind.case === 'identExpr' ? `${operand.exprKind.value.name}.${field}` : undefined;
    }
    case 'constExpr': {
      const { value } = exprKind.value.constantKind;
      return typeof value === 'string' ? JSON.stringify(value) : String(value);
    }
    default:
      return undefined;
  }
}
