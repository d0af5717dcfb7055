/** What a function is called in its account. A separate file, because the webhook's bundle needs nothing else of the contract. */
import type { FunctionName } from './functions.ts';

export const functionNameOf = (environment: string, name: FunctionName): string => `${environment}-${name}`;
