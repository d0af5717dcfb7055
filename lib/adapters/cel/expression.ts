/** An expression as the parser gives it, and its constants as their author wrote them, for messages. */
import type { parse } from '@bufbuild/cel';

export type Expression = NonNullable<ReturnType<typeof parse>['expr']>;
export type Constant = Extract<Expression['exprKind'], { case: 'constExpr' }>['value'];

/** The parser keeps null as 0, and 1.0 as 1. */
export function constantText({ constantKind }: Constant): string {
  switch (constantKind.case) {
    case 'nullValue':
      return 'null';
    case 'stringValue':
      return JSON.stringify(constantKind.value);
    case 'bytesValue':
      return `b${JSON.stringify(new TextDecoder().decode(constantKind.value))}`;
    case 'uint64Value':
      return `${constantKind.value}u`;
    case 'doubleValue':
      return Number.isInteger(constantKind.value) ? constantKind.value.toFixed(1) : `${constantKind.value}`;
    default:
      return String(constantKind.value);
  }
}
