/** What a function is called in its account. A file of its own, since the webhook needs no more of the contract. */
import type { FunctionName } from './functions.ts';

export const functionNameOf = (environment: string, name: FunctionName): string => `${environment}-${name}`;
