/**
 * Rules by Buf's implementation of CEL, which runs CEL's own conformance tests (docs/adr/0073). An expression's cost is
 * checked before it is stored and again before it is evaluated; patterns are RE2, which takes linear time, and their
 * size counts.
 */
import { type CelInput, celEnv, isCelError, parse as parseCel, plan } from '@bufbuild/cel';
import { controllerBounds } from '../../core/controllers/controller.ts';
import type { JobFacts } from '../../core/controllers/facts.ts';
import { keepNewest } from '../../core/keep-newest.ts';
import type { Rules } from '../../ports/rules.ts';
import type { Expression } from './expression.ts';
import { longestList, type Measured, measure } from './expression-cost.ts';
import { type At, kindOf } from './fixed-type.ts';
import { typeFaultOf } from './type-fault.ts';

/** Tens of milliseconds at most; a few, unless a pattern repeats classes over a long text. */
const mostSteps = 20_000;
const deepest = 40;
/** A process reads an expression once, in 4 to 20 microseconds for each character. A step takes 1 or 2. */
const stepsOfCharacter = 5;
/** Parsed expressions to keep: each is parsed once in the life of a process. */
const mostKept = 500;

/** For each variable: its fields, and which of them only GitHub knows. */
const fields: Readonly<Record<keyof JobFacts, { known: readonly string[]; asked: readonly string[] }>> = {
  account: { known: ['login', 'id', 'type'], asked: [] },
  repository: { known: ['name', 'id', 'visibility'], asked: [] },
  workflow: { known: ['name'], asked: ['path'] },
  run: { known: ['id'], asked: ['attempt', 'ref', 'event', 'fork', 'actor'] },
  job: { known: ['id', 'labels', 'tier', 'level', 'group', 'price_per_hour'], asked: [] },
};

interface Compiled {
  readonly tree: Expression;
  readonly measured: Measured;
  readonly evaluate: (bindings: Record<string, CelInput>) => unknown;
}

/** Every fact, for finding the type of an expression. */
const sample: JobFacts = {
  account: { login: 'acme', id: 1, type: 'Organization' },
  repository: { name: 'acme/app', id: 7, visibility: 'private' },
  workflow: { name: 'CI', path: '.github/workflows/ci.yml' },
  run: { id: 1, attempt: 1, ref: 'main', event: 'push', fork: false, actor: 'octocat' },
  job: {
    id: 1,
    labels: ['self-hosted'],
    tier: 'small',
    level: 'organization',
    group: 'Default',
    price_per_hour: 0.04,
  },
};

/** @param parse absent: CEL's own. A test counts how often it is called. */
export function createRules(parse = parseCel): Rules {
  const env = celEnv();
  const evaluate: At['evaluate'] = (part, given) => plan(env, part)(given);
  const kept = new Map<string, Compiled | { readonly fault: string }>();

  function compile(expression: string): Compiled | { readonly fault: string } {
    const known = kept.get(expression);
    if (known) return known;
    const made = compileAnew(expression);
    keepNewest(kept, { key: expression, value: made, most: mostKept });
    return made;
  }

  function compileAnew(expression: string): Compiled | { readonly fault: string } {
    const most = controllerBounds.expressionCharacters;
    if (expression.length > most)
      return { fault: `It has ${expression.length} characters; at most ${most} are allowed.` };
    try {
      const parsed = parse(expression);
      if (!parsed.expr) return { fault: 'It is empty.' };
      const measured = measure(parsed.expr);
      const fault = faultOfSize(measured) ?? faultOfNames(measured);
      return fault === undefined ? { tree: parsed.expr, measured, evaluate: plan(env, parsed) } : { fault };
    } catch (error) {
      // Nesting that is too deep for the parser throws a RangeError.
      const why = error instanceof RangeError ? 'it is nested too deeply' : messageOf(error);
      return { fault: `It is not a CEL expression: ${why}` };
    }
  }

  function judge(expression: string, facts: JobFacts): boolean | { readonly failed: string } {
    const compiled = compile(expression);
    if ('fault' in compiled) return { failed: compiled.fault };
    if (facts.job.labels.length > longestList)
      return { failed: `The job has ${facts.job.labels.length} labels; rules judge at most ${longestList}.` };
    try {
      const result = compiled.evaluate(bindings(facts));
      if (isCelError(result)) return { failed: result.message };
      return typeof result === 'boolean'
        ? result
        : { failed: 'It gives something other than true or false.' };
    } catch (error) {
      return { failed: messageOf(error) };
    }
  }

  return {
    faultOf(expression) {
      const compiled = compile(expression);
      if ('fault' in compiled) return compiled.fault;
      const fault = typeFaultOf(compiled.tree, { evaluate, bindings: bindings(sample), loops: new Map() });
      if (fault !== undefined) return fault;
      const kind = kindOf(compiled.evaluate(bindings(sample)));
      if (kind !== undefined && kind !== 'true or false')
        return `It is ${kind}; a condition must be true or false.`;
      const result = judge(expression, sample);
      return typeof result === 'boolean' ? undefined : `It cannot be evaluated: ${result.failed}`;
    },
    stepsOf(expression) {
      const compiled = compile(expression);
      return expression.length * stepsOfCharacter + ('fault' in compiled ? 0 : compiled.measured.steps);
    },
    askedFacts(expression) {
      const compiled = compile(expression);
      return 'fault' in compiled ? [] : [...new Set([...compiled.measured.names].flatMap(askedBy))].sort();
    },
    judge,
  };
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function faultOfSize({ steps, depth, hasPatterns, computesPattern }: Measured): string | undefined {
  if (computesPattern)
    return 'A pattern is computed: matches() takes a literal text. Use contains(), startsWith() or endsWith() with other texts.';
  if (depth > deepest) return `It is nested ${depth} levels deep; at most ${deepest} are allowed.`;
  if (steps <= mostSteps) return undefined;
  const mending = hasPatterns
    ? 'Loop over fewer lists, repeat less in patterns, or use a shorter pattern.'
    : 'Loop over fewer lists.';
  return `It may take ${steps} steps; at most ${mostSteps} are allowed. ${mending}`;
}

function faultOfNames({ names }: Measured): string | undefined {
  for (const name of names) {
    const { root, field } = partsOfName(name);
    const has = Object.hasOwn(fields, root) ? fields[root as keyof JobFacts] : undefined;
    if (!has) return `There is no variable ${root}; there are ${Object.keys(fields).join(', ')}.`;
    const all = [...has.known, ...has.asked];
    if (field !== undefined && !all.includes(field))
      return `${root} has no field ${field}; it has ${all.join(', ')}.`;
  }
  return undefined;
}

/** `job["a.b"]` and `job[1.5]` name one field. */
function partsOfName(name: string): { readonly root: string; readonly field: string | undefined } {
  const [root = '', ...rest] = name.split('.');
  return { root, field: rest.length === 0 ? undefined : rest.join('.') };
}

/** A variable that is used as a whole may need any of its fields. */
function askedBy(name: string): string[] {
  const { root, field } = partsOfName(name);
  const { asked } = fields[root as keyof JobFacts];
  return asked.filter((each) => field === undefined || each === field).map((each) => `${root}.${each}`);
}

/** GitHub's numbers become CEL integers. */
function bindings({ account, repository, workflow, run, job }: JobFacts): Record<string, CelInput> {
  return {
    account: { ...account, id: BigInt(account.id) },
    repository: { ...repository, ...(repository.id === undefined ? {} : { id: BigInt(repository.id) }) },
    workflow: { ...workflow },
    run: {
      ...run,
      id: BigInt(run.id),
      ...(run.attempt === undefined ? {} : { attempt: BigInt(run.attempt) }),
    },
    job: { ...job, id: BigInt(job.id), labels: [...job.labels] },
  };
}
