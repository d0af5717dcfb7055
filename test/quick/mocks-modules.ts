import { readFileSync } from 'node:fs';

/** Whether a test file imports `jest`, to replace modules or timers: only Jest's own runner can. */
export function mocksModules(file: string): boolean {
  return /^import \{.*\bjest\b.*\} from '@jest\/globals'/m.test(readFileSync(file, 'utf8'));
}
