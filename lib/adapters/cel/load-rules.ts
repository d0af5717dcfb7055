/** Loads the evaluator of rules once, when the first rule is met: it is as large as all else in a function. */
import type { LoadRules } from '../../ports/rules.ts';

export function createRulesLoader(): LoadRules {
  let loading: ReturnType<LoadRules> | undefined;
  return () => {
    loading ??= import('./rules.ts').then(({ createRules }) => createRules());
    return loading;
  };
}
