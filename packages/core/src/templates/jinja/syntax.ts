/** An expression, parsed. Literals are kept as text, so that no number is read twice. */
export type Expression =
  | { kind: 'constant'; value: string | boolean | null }
  | { kind: 'integer' | 'float'; text: string }
  | { kind: 'name'; name: string }
  | { kind: 'list' | 'tuple'; items: Expression[] }
  | { kind: 'dict'; entries: [Expression, Expression][] }
  | { kind: 'attribute'; of: Expression; name: string }
  | { kind: 'item'; of: Expression; key: Expression }
  | { kind: 'slice'; of: Expression; bounds: (Expression | null)[] }
  | { kind: 'call'; callee: Expression; given: Given }
  | { kind: 'filter'; of: Expression | null; name: string; given: Given }
  | { kind: 'test'; of: Expression; name: string; isNegated: boolean; given: Given }
  | { kind: 'unary'; operator: 'not' | '-' | '+'; of: Expression }
  | { kind: 'binary'; operator: string; left: Expression; right: Expression }
  | { kind: 'logic'; operator: 'and' | 'or'; left: Expression; right: Expression }
  | { kind: 'compare'; first: Expression; rest: { operator: string; to: Expression }[] }
  | { kind: 'concat'; parts: Expression[] }
  | { kind: 'condition'; test: Expression; value: Expression; otherwise: Expression | null }

/** The arguments of a call, a filter or a test. */
export type Given = { positional: Expression[]; named: [string, Expression][] }

/** What a value is assigned to. */
export type Target =
  | { kind: 'name'; name: string }
  | { kind: 'field'; of: string; name: string }
  | { kind: 'tuple'; items: Target[] }

export type Statement =
  | { kind: 'text'; text: string }
  | { kind: 'print'; value: Expression }
  | { kind: 'if'; branches: { test: Expression; body: Statement[] }[]; otherwise: Statement[] }
  | { kind: 'for'; target: Target; over: Expression; test: Expression | null; body: Statement[]; otherwise: Statement[] }
  | { kind: 'set'; target: Target; value: Expression }
  | { kind: 'set-block'; target: Target; filter: Expression | null; body: Statement[] }
  | { kind: 'with'; entries: { target: Target; value: Expression }[]; body: Statement[] }
  | { kind: 'filter-block'; filter: Expression; body: Statement[] }
