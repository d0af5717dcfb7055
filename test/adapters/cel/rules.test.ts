import { describe, expect, it } from '@jest/globals';
import { createRulesLoader } from '../../../lib/adapters/cel/load-rules.ts';
import type { JobFacts } from '../../../lib/core/controllers/facts.ts';

const facts: JobFacts = {
  account: { login: 'acme', id: 1, type: 'Organization' },
  repository: { name: 'acme/app', id: 9_007_199_254_740_991, visibility: 'public' },
  workflow: { name: 'CI' },
  run: { id: 5 },
  job: { id: 2, labels: ['self-hosted', 'gpu'], tier: 'large', level: 'organization', group: 'Default' },
};
const rules = await createRulesLoader()();

describe('rules', () => {
  it.each([
    ['true', true],
    ['repository.visibility == "public"', true],
    ['repository.id == 9007199254740991', true],
    ['job.labels.exists(label, label == "gpu") && job.tier == "large"', true],
    ['"gpu" in job.labels', true],
    ['!(repository.name in ["acme/app", "acme/web"])', false],
    ['repository.name.matches("^acme/[a-z]+$")', true],
    ['job.level == "repository" || account.type == "User"', false],
    ['has(run.event) && run.event == "push"', false],
    ['has(job.price_per_hour) && job.price_per_hour > 1.0', false],
  ])('evaluate %s', (expression, verdict) => {
    expect(rules.faultOf(expression)).toBeUndefined();
    expect(rules.judge(expression, facts)).toBe(verdict);
  });

  it.each([
    ['run.event == "push"', 'what only GitHub knows and was not asked for'],
    ['job.price_per_hour > 1.0', 'a price that is not known'],
    ['job.tier', 'a text'],
    ['1 / (job.id - 2) == 1', 'a division by zero'],
  ])('fail on %s: %s', (expression) => {
    expect(rules.judge(expression, facts)).toEqual({ failed: expect.any(String) });
  });

  it('evaluate no job with more labels than their cost was computed for', () => {
    const labels = Array.from({ length: 21 }, (_, n) => `label-${n}`);
    const many = { ...facts, job: { ...facts.job, labels } };
    expect(rules.judge('"gpu" in job.labels', many)).toEqual({
      failed: expect.stringContaining('21 labels'),
    });
  });

  it.each([
    ['', 'not a CEL expression'],
    ['job.tier ==', 'not a CEL expression'],
    ['job.tier', 'true or false'],
    ['1 + 1', 'true or false'],
    ['tenant.id == 1', 'no variable tenant'],
    ['repository.owner == "acme"', 'no field owner'],
    ['job.tier > 1', 'cannot be evaluated'],
    ['job.tier', 'It is a text; a condition must be true or false.'],
    ['job.labels', 'It is a list; a condition'],
    ['true ? job.tier : false', 'It is a text; a condition'],
    ['1 / 0 == 1', 'It cannot be evaluated: int divide by zero'],
    [`${'('.repeat(1000)}true${')'.repeat(1000)}`, 'nested'],
    [`${'['.repeat(50)}${']'.repeat(50)} == []`, 'levels deep; at most 40'],
    [`${'(1 + '.repeat(50)}1${')'.repeat(50)} > 0`, 'levels deep'],
    ['job.labels.all(a, job.labels.all(b, job.labels.all(c, a + b != c)))', 'steps; at most 20000'],
    ['x'.repeat(2049), 'characters'],
    [
      'job.labels.all(a, job.labels.all(b, job.labels.all(c, job.labels.all(d, a + b + c + d != ""))))',
      'steps',
    ],
    ['[1,2,3].map(a, [1,2,3].map(b, [1,2,3].map(c, a + b + c))).size() == 3', 'steps'],
    ['repository.name.matches("([a-z]{1,1000}|[0-9]{1,1000})b")', 'repeat less in patterns'],
    [`${'workflow.name.matches("b{1000}") || '.repeat(20)}false`, 'repeat less in patterns'],
    [String.raw`repository.name.matches("\\Q[\\E(a{1,900})]")`, 'repeat less in patterns'],
    ['repository.name.matches(workflow.name)', 'pattern is computed'],
    ['["a", "b"].exists(part, repository.name.matches(part + "{1000}"))', 'pattern is computed'],
  ])('are invalid: %.60s', (expression, words) => {
    expect(rules.faultOf(expression)).toContain(words);
  });

  it.each([
    ['job.tier == 1', 'job.tier is a text, and 1 is a number: they are never equal.'],
    ['run.fork != "true"', 'run.fork is true or false, and "true" is a text: they are never equal.'],
    ['repository.id == "7"', 'repository.id is a number, and "7" is a text'],
    ['job.labels == "gpu"', 'job.labels is a list, and "gpu" is a text'],
    ['job == "small"', 'job is a group of facts, and "small" is a text'],
    ['job.tier + "x" == 1', 'The left side is a text, and 1 is a number'],
    ['1 == job.tier + "x"', '1 is a number, and the right side is a text'],
    ['repository.id in ["7"]', 'repository.id is a number, and the list has an entry that is a text'],
    ['job.tier in ["small", 3]', 'has an entry that is a number'],
    ['3 in job.labels', '3 is a number, and job.labels has an entry that is a text'],
    ['workflow.name != null', 'No fact is null. Ask whether there is one with has()'],
    ['job.tier == "large" && job.labels', 'job.labels is a list, where true or false is needed.'],
    ['job.tier == "small" || (job.tier + "x")', 'A part of it is a text, where true or false is needed.'],
    ['job.tier == "small" || ("x" ? true : false)', '"x" is a text, where true or false is needed.'],
    ['job.tier == "large" && foo(job.tier)', 'There is no function foo.'],
    ['job.tier == "large" && job.tier.nosuch()', 'There is no function nosuch.'],
    ['job.tier == "large" && job.tier > 5', 'no matching overload'],
    ['job.tier == "large" && job.tier in "large"', 'no matching overload'],
    ['job.tier == "large" && {"a": foo(1)}.a', 'There is no function foo.'],
    ['job.tier == "large" && foo([bar(1)])', 'There is no function bar.'],
    ['job.tier == "large" && job.labels.exists(l, l == 3)', 'l is a text, and 3 is a number'],
    ['job.tier == "large" && foo(1).exists(l, l == "x")', 'There is no function foo.'],
    ['size(job.labels) > 3 && job.labels.filter(l, l.nosuch()).size() > 0', 'There is no function nosuch.'],
    ['job.labels.all(a, a == "x" && job.labels.map(b, a + b == 1)[0])', 'The left side is a text'],
    ['job.tier == "large" && run.ref.matches("(")', 'It cannot be evaluated'],
    ['job.tier == "large" && run.ref.matches("(?!main)")', 'It cannot be evaluated'],
    ['job.tier == "large" && matches(run.ref, "^main$")', 'Write matches() after the text'],
    [
      'job.tier == "large" && timestamp("yesterday") < timestamp("2026-01-01T00:00:00Z")',
      'cannot be evaluated',
    ],
    ['job.tier == "large" && run.ref.length > 3', 'run.ref is a text, which has no fields.'],
    ['job.tier == "large" && job["prize"] > 3', 'job has no field prize; it has id, labels, tier'],
    ['job.tier == "large" && job["tier.x"] == "a"', 'job has no field "tier.x"; it has id'],
    ['job.tier == "large" && job[3] == "a"', 'job has no field 3; it has id'],
    ['job.tier == "large" && job[-3] == "a"', 'job has no field -3; it has id'],
    ['job.tier == "large" && job[3u] == "a"', 'job has no field 3u; it has id'],
    ['job.tier == "large" && job[1.5] == "a"', 'job has no field 1.5; it has id'],
    ['job.tier == "large" && job[1.0] == "a"', 'job has no field 1.0; it has id'],
    ['job.tier == "large" && job[true] == "a"', 'job has no field true; it has id'],
    ['job.tier == "large" && job[null] == "a"', 'job has no field null; it has id'],
    ['job.tier == "large" && job[b"tier"] == "a"', 'job has no field b"tier"; it has id'],
    ['job.tier == "large" && "a" == null', '"a" is a text, and null is null'],
    ['job.tier == "large" && 1.0 == "a"', '1.0 is a number, and "a" is a text'],
    ['constructor.name == "Object"', 'There is no variable constructor; there are account, repository'],
    ['job.labels.exists(l, l.name == "gpu")', 'l is a text, which has no fields.'],
    ['[1, 2].exists(n, n == job.tier)', 'n is a number, and job.tier is a text'],
  ])('find what no job, or not every job, would show: %s', (expression, words) => {
    expect(rules.faultOf(expression)).toContain(words);
  });

  it.each([
    'job.labels[5] == "x" || job.tier == "small"',
    'size(job.labels) > 3 && job.labels[3] == "x"',
    'job.tier == "small" || 1 / (job.id - 1) == 1',
    'job.price_per_hour > 1 || job.price_per_hour == 1 || run.attempt == 1.0 || run.attempt == 1u',
    'run.fork == true || run.fork != false || run["event"] == "push"',
    'job.labels == ["gpu"] || [1, 2] == [1] || {"a": 1} == {"b": 2}',
    'job.labels.map(l, l.size())[0] > 3 || job.labels.exists_one(l, l == "x")',
    '[].exists(l, l == 3) || dyn(job.tier) == 1',
    'timestamp("2026-01-01T00:00:00Z") == timestamp("2026-01-02T00:00:00Z")',
    'job.level == "repository" ? job.tier == "x" : run.ref.matches("^main$")',
    'has(workflow.name) && !(workflow.name in ["CI"])',
    '[{"tier":"small","most":null},{"tier":"large","most":3}].exists(p, p.tier == job.tier && p.most != null && run.attempt > p.most)',
    '[{"tier":"large","most":3},{"tier":"small","most":null}].exists(p, p.tier == job.tier && p.most != null && !(run.attempt > p.most))',
    '{"small":"none","large":3}[job.tier] == 3',
    '{"small":null,"large":"acme/app"}[job.tier] == repository.name',
    'job.tier in {"small":"none","large":3} && ({"small":"none","large":3}[job.tier] == "none" || run.attempt > 2)',
    '{"small":"none","large":3}[job.tier] != "none" && run.attempt > {"small":"none","large":3}[job.tier]',
    '(has(run.actor) ? run.actor : null) == null',
    '[1, "a"].exists(x, x == job.tier) || ["a", 1].exists(x, x == job.tier)',
    '[["a"], ["b", 1]].exists(l, l[0] == job.tier)',
    'size(job.labels) > 3 && job.labels[3].matches("^x")',
    'job["tier"] == "small" && [job].exists(j, j["tier"] == "small")',
    'run.attempt > (job.tier == "large" ? 3 : 1) && int("3") == 3',
  ])('accept what some job may meet: %s', (expression) => {
    expect(rules.faultOf(expression)).toBeUndefined();
  });

  it('still evaluate what was stored before its types were checked', () => {
    expect(rules.judge('job.tier == 1 || job.tier == "large"', facts)).toBe(true);
  });

  it.each([
    '^(gpu|cpu|arm|amd|big|sml|med|xxl|win|mac)$',
    '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$',
    '^(self-hosted|linux|x64|arm64|gpu|large|custom)$',
    String.raw`\\x{2028}`,
  ])('look for the pattern %s in each label', (pattern) => {
    expect(rules.faultOf(`job.labels.exists(l, l.matches("${pattern}"))`)).toBeUndefined();
  });

  it.each([
    ['over labels', 'job.labels.exists(l, l.matches("(a{1,1000})"))'],
    ['nested', 'job.labels.exists(l, l.matches("((a{1,10}){1,10}){1,10}"))'],
    ['in a text that is made', '((run.ref + run.ref) + (run.ref + run.ref)).matches("[a-z]{0,60}$")'],
    ['in a long text', `"${'a'.repeat(1000)}".matches("[a-z]{0,150}$")`],
    ['in a long text of a list', `["${'a'.repeat(1600)}"].exists(l, l.matches("[a-z]{0,10}$"))`],
  ])('refuse a pattern that repeats much, %s', (_, expression) => {
    expect(rules.faultOf(expression)).toMatch(/steps; at most 20000 .* or use a shorter pattern\.$/);
  });

  it('compare labels with each other, and speak of patterns only where there are some', () => {
    expect(rules.faultOf('job.labels.all(a, job.labels.all(b, a != b + "x"))')).toBeUndefined();
    const loops = 'job.labels.all(a, job.labels.all(b, job.labels.all(c, a + b != c)))';
    expect(rules.faultOf(loops)).toMatch(/Loop over fewer lists\.$/);
  });

  it.each([
    ['run.event == "push"', true],
    ['has(workflow.path)', true],
    ['"event" in run', true],
    ['run["event"] == "push"', true],
    ['run.id == 1 && workflow.name == "CI"', false],
    ['job.labels.exists(run, run == "gpu")', false],
    ['repository.visibility == "public"', false],
    ['run["id"] == 1 && workflow["name"] == "CI"', false],
    ['["id"].exists(key, run[key] == 1)', true],
    ['no such', false],
  ])('report whether GitHub must be asked: %s', (expression, asks) => {
    expect(rules.askedFacts(expression).length > 0).toBe(asks);
  });

  it('name the facts that only GitHub knows', () => {
    expect(rules.askedFacts('run.fork || run.event == "push" || run.fork')).toEqual([
      'run.event',
      'run.fork',
    ]);
    expect(rules.askedFacts('workflow.path != "" && workflow.name == "CI"')).toEqual(['workflow.path']);
    expect(rules.askedFacts('"event" in run')).toHaveLength(5);
    expect(rules.askedFacts('run["event"] == "push"')).toEqual(['run.event']);
  });

  it('cost alike if a field is named with brackets', () => {
    const loops = (labels: string) => `${labels}.all(a, ${labels}.all(b, a != b + "x"))`;
    expect(rules.faultOf(loops('job["labels"]'))).toBeUndefined();
    const pattern = '.matches("[a-z]{0,60}$")';
    expect(rules.faultOf(`run["ref"]${pattern} && run.ref${pattern}`)).toBeUndefined();
  });

  it('evaluate a pattern that a backtracking matcher would not finish', () => {
    const name = `acme/${'a'.repeat(90)}`;
    const long = { ...facts, repository: { ...facts.repository, name } };
    expect(rules.judge('repository.name.matches("^acme/(a+)+b$")', long)).toBe(false);
  });

  it.each([
    ['true', 21],
    ['job.tier == "small" && job.id > 5', 174],
    ['job.tier ==', 55],
  ])('count the steps of reading and evaluating %s', (expression, steps) => {
    expect(rules.stepsOf(expression)).toBe(steps);
  });
});
