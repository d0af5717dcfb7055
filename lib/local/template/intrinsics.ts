/**
 * CloudFormation's intrinsic functions over plain data. The scope says what a name means; nothing is created or looked up
 * here. A function that is not in the table is an error, never passed through.
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
 */
export interface Scope {
  /** For a logical id, a parameter or a pseudo parameter except `AWS::NoValue`. */
  ref(name: string): unknown;
  attribute(logicalId: string, attribute: string): unknown;
  importValue(name: string): unknown;
  availabilityZones(region: string): readonly string[];
  condition(name: string): boolean;
}

/** What a value refers to, found without resolving it. */
export interface Reference {
  readonly kind: 'ref' | 'attribute' | 'import' | 'condition';
  readonly name: string;
  readonly attribute?: string;
}

const noValue = Symbol('AWS::NoValue');

/** The value with every intrinsic replaced; what resolves to AWS::NoValue is left out of its list or object. */
export function resolve(value: unknown, scope: Scope): unknown {
  const resolved = resolveValue(value, scope);
  return resolved === noValue ? undefined : resolved;
}

function resolveValue(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) {
    return value.map((entry) => resolveValue(entry, scope)).filter((entry) => entry !== noValue);
  }
  if (typeof value !== 'object' || value === null) return value;
  const call = intrinsicOf(value);
  if (call) return intrinsics[call.name]!(call.argument, scope);
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, entry]) => [key, resolveValue(entry, scope)] as const)
      .filter(([, entry]) => entry !== noValue),
  );
}

/** The intrinsic call that this object is, if it is one. @throws Error for an unknown function */
export function intrinsicOf(value: object): { name: string; argument: unknown } | undefined {
  const keys = Object.keys(value);
  const name = keys[0];
  if (keys.length !== 1 || name === undefined) return undefined;
  if (intrinsics[name]) return { name, argument: (value as Record<string, unknown>)[name] };
  if (name.startsWith('Fn::')) {
    throw new Error(`${name} is not understood; known are ${Object.keys(intrinsics).join(', ')}.`);
  }
  return undefined;
}

const intrinsics: Readonly<Record<string, (argument: unknown, scope: Scope) => unknown>> = {
  Ref: (name, scope) => (name === 'AWS::NoValue' ? noValue : scope.ref(text('Ref', name))),
  'Fn::GetAtt': (argument, scope) => {
    const { logicalId, attribute } = attributeOf(argument);
    return scope.attribute(logicalId, attribute);
  },
  'Fn::Join': (argument, scope) => {
    const [separator, parts] = pair('Fn::Join', argument);
    return list('Fn::Join', resolveValue(parts, scope)).join(text('Fn::Join', separator));
  },
  'Fn::Split': (argument, scope) => {
    const [separator, source] = pair('Fn::Split', argument);
    return text('Fn::Split', resolveValue(source, scope)).split(text('Fn::Split', separator));
  },
  'Fn::Select': (argument, scope) => {
    const [index, source] = pair('Fn::Select', argument);
    const values = list('Fn::Select', resolveValue(source, scope));
    const value = values[Number(resolveValue(index, scope))];
    if (value === undefined) throw new Error(`Fn::Select wants entry ${index} of ${values.length}.`);
    return value;
  },
  'Fn::Sub': (argument, scope) => substitute(argument, scope),
  'Fn::GetAZs': (argument, scope) => {
    const region = resolveValue(argument, scope);
    return scope.availabilityZones(
      region === '' ? text('Ref', scope.ref('AWS::Region')) : text('Fn::GetAZs', region),
    );
  },
  'Fn::ImportValue': (argument, scope) =>
    scope.importValue(text('Fn::ImportValue', resolveValue(argument, scope))),
  'Fn::Base64': (argument, scope) =>
    Buffer.from(text('Fn::Base64', resolveValue(argument, scope))).toString('base64'),
  'Fn::If': (argument, scope) => {
    const [condition, yes, no] = list('Fn::If', argument);
    return resolveValue(scope.condition(text('Fn::If', condition)) ? yes : no, scope);
  },
  'Fn::Equals': (argument, scope) => {
    const [left, right] = pair('Fn::Equals', argument);
    return resolveValue(left, scope) === resolveValue(right, scope);
  },
};

const placeholder = /\$\{(!?)([^}]*)\}/g;

function substitute(argument: unknown, scope: Scope): string {
  const [source, named] = Array.isArray(argument) ? argument : [argument, {}];
  const names = named as Record<string, unknown>;
  return text('Fn::Sub', source).replace(placeholder, (_, literal: string, inner: string) => {
    if (literal) return `\${${inner}}`;
    if (names[inner] !== undefined) return String(resolveValue(names[inner], scope));
    const dot = inner.indexOf('.');
    return String(dot < 0 ? scope.ref(inner) : scope.attribute(inner.slice(0, dot), inner.slice(dot + 1)));
  });
}

/** Everything that a value refers to. @throws Error for an unknown function */
export function referencesIn(value: unknown): Reference[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  const call = intrinsicOf(value);
  switch (call?.name) {
    case undefined:
      return Object.values(value).flatMap(referencesIn);
    case 'Ref':
      return [{ kind: 'ref', name: text('Ref', call?.argument) }];
    case 'Fn::GetAtt': {
      const { logicalId, attribute } = attributeOf(call?.argument);
      return [{ kind: 'attribute', name: logicalId, attribute }];
    }
    case 'Fn::Sub':
      return referencesInSub(call?.argument);
    case 'Fn::ImportValue':
      return typeof call?.argument === 'string'
        ? [{ kind: 'import', name: call.argument }]
        : referencesIn(call?.argument);
    case 'Fn::If': {
      const [condition, ...branches] = list('Fn::If', call?.argument);
      return [{ kind: 'condition', name: text('Fn::If', condition) }, ...branches.flatMap(referencesIn)];
    }
    default:
      return referencesIn(call?.argument);
  }
}

function referencesInSub(argument: unknown): Reference[] {
  const [source, named] = Array.isArray(argument) ? argument : [argument, {}];
  const inText = [...text('Fn::Sub', source).matchAll(placeholder)]
    .filter(([, literal, inner]) => !literal && !Object.hasOwn(named as object, inner ?? ''))
    .map(([, , inner = '']): Reference => {
      const dot = inner.indexOf('.');
      if (dot < 0) return { kind: 'ref', name: inner };
      return { kind: 'attribute', name: inner.slice(0, dot), attribute: inner.slice(dot + 1) };
    });
  return [...inText, ...referencesIn(named)];
}

function attributeOf(argument: unknown): { logicalId: string; attribute: string } {
  const parts = typeof argument === 'string' ? argument.split('.') : list('Fn::GetAtt', argument).map(String);
  const [logicalId = '', ...attribute] = parts;
  return { logicalId, attribute: attribute.join('.') };
}

function text(name: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new Error(`${name} was given ${JSON.stringify(value)}; it must be a text.`);
}

function list(name: string, value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new Error(`${name} was given ${JSON.stringify(value)}; it must be a list.`);
}

function pair(name: string, value: unknown): [unknown, unknown] {
  const values = list(name, value);
  if (values.length !== 2) throw new Error(`${name} was given ${values.length} arguments; it takes two.`);
  return [values[0], values[1]];
}
