/** Loads the rule evaluator once, when it meets the first rule: it is as large as everything else in a function. */
import type { LoadRules } from '../../ports/rules.ts';

export function createRulesLoader(): LoadRules {
  let loading: ReturnType<LoadRules> | undefined;
  return () => {
    loading ??= import('./rules.ts').then(({ createRules }) => createRules());
    return loading;
  };
}
