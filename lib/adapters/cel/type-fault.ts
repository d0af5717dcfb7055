/**
 * Finds, before a rule is stored, what would keep it from ever doing what its author meant: a comparison of a text with a number
 * is false for every job, and a function that does not exist, behind an `&&`, fails only for some. CEL's checker would find
 * both; Buf's package does not export it. So this evaluates the parts of an expression over one job that has every fact.
 * What may have another type for another job, or cannot be evaluated there, it does not judge.
 */
import { isCelError, isCelList } from '@bufbuild/cel';
import { constantText, type Expression } from './expression.ts';
import { partsOf } from './expression-cost.ts';
import { type At, areAlike, entryKinds, fixedKindOf, isFact, isFixed, valueOn } from './fixed-type.ts';

export function typeFaultOf(expression: Expression, at: At): string | undefined {
  const { exprKind } = expression;
  if (exprKind.case === 'comprehensionExpr') return ofLoop(exprKind.value, at);
  const parts = partsOf(expression);
  for (const part of parts) {
    const fault = typeFaultOf(part, at);
    if (fault !== undefined) return fault;
  }
  if (exprKind.case === 'selectExpr') return ofField(parts, at);
  return exprKind.case === 'callExpr'
    ? ofCall(expression, { name: exprKind.value.function, parts, at })
    : undefined;
}

type Loop = Extract<Expression['exprKind'], { case: 'comprehensionExpr' }>['value'];

/** Its body, for the first entry of its list. */
function ofLoop({ iterRange, iterVar, accuVar, accuInit, loopStep }: Loop, at: At): string | undefined {
  const fault = iterRange && typeFaultOf(iterRange, at);
  if (fault !== undefined || !iterRange || !accuInit || !loopStep) return fault;
  const [range, start] = [valueOn(iterRange, at), valueOn(accuInit, at)];
  const [first] = isCelList(range) ? range : [];
  if (first === undefined || start === undefined) return undefined;
  return typeFaultOf(loopStep, {
    ...at,
    bindings: { ...at.bindings, [iterVar]: first, [accuVar]: start },
    loops: new Map([...at.loops, [iterVar, areAlike(entryKinds(iterRange, at))], [accuVar, true]]),
  });
}

interface Call {
  readonly name: string;
  readonly parts: readonly Expression[];
  readonly at: At;
}

function ofCall(call: Expression, { name, parts, at }: Call): string | undefined {
  const [left, right] = parts;
  switch (name) {
    case '_==_':
    case '_!=_':
      return left && right && different(left, right, at);
    case '@in':
      return (left && right && notAmong(left, right, at)) ?? ofFunction(call, { name, parts, at });
    case '_&&_':
    case '_||_':
      return parts.map((part) => noCondition(part, at)).find((fault) => fault !== undefined);
    case '_?_:_':
      return left && noCondition(left, at);
    default:
      return ofFunction(call, { name, parts, at });
  }
}

function different(left: Expression, right: Expression, at: At): string | undefined {
  const [one, other] = [fixedKindOf(left, at), fixedKindOf(right, at)];
  if (one === undefined || other === undefined || one === other) return undefined;
  if ((one === 'null' && isFact(right, at)) || (other === 'null' && isFact(left, at)))
    return 'No fact is null. Ask whether there is one with has(), as in has(workflow.name).';
  return `${shown(left) ?? 'The left side'} is ${one}, and ${shown(right) ?? 'the right side'} is ${other}: they are never equal.`;
}

function notAmong(left: Expression, right: Expression, at: At): string | undefined {
  const kind = fixedKindOf(left, at);
  const odd = entryKinds(right, at).find((entry) => entry !== undefined && entry !== kind);
  if (kind === undefined || odd === undefined) return undefined;
  return `${shown(left) ?? 'The left side'} is ${kind}, and ${shown(right) ?? 'the list'} has an entry that is ${odd}: they are never equal.`;
}

function noCondition(part: Expression, at: At): string | undefined {
  const kind = fixedKindOf(part, at);
  return kind === undefined || kind === 'true or false'
    ? undefined
    : `${shown(part) ?? 'A part of it'} is ${kind}, where true or false is needed.`;
}

/** `run.ref.length`: only a group of facts, and a map, has fields. */
function ofField([operand]: readonly Expression[], at: At): string | undefined {
  const kind = operand && fixedKindOf(operand, at);
  if (!operand || kind === undefined || kind === 'a group of facts') return undefined;
  return `${shown(operand) ?? 'A part of it'} is ${kind}, which has no fields.`;
}

const isConstant = ({ exprKind }: Expression) => exprKind.case === 'constExpr';

/** Whether there is such a function, for values of these types, and whether it takes these constants. */
function ofFunction(call: Expression, { name, parts, at }: Call): string | undefined {
  const why = failureOf(call, at);
  if (why === undefined) return undefined;
  const [, unknown] = /^unbound function: (.*)$/.exec(why) ?? [];
  if (unknown !== undefined) return `There is no function ${unknown}.`;
  // If one of these fails, the call fails because of it.
  if (parts.some((part) => !isFixed(part, at) || valueOn(part, at) === undefined)) return undefined;
  const isOfTypes = why.startsWith('found no matching overload');
  if (isOfTypes && name === 'matches' && parts.length === 2)
    return 'Write matches() after the text, as in run.ref.matches("^main$").';
  // A pattern is always a constant.
  const isOfConstants = parts.every(isConstant) || name === 'matches';
  return isOfTypes || isOfConstants ? `It cannot be evaluated: ${why}` : undefined;
}

function failureOf(part: Expression, { evaluate, bindings }: At): string | undefined {
  try {
    const result = evaluate(part, bindings);
    return isCelError(result) ? result.message : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
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
    case 'constExpr':
      return constantText(exprKind.value);
    default:
      return undefined;
  }
}
