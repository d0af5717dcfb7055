/** Grants that no end-to-end test can need, each with its reason. One that is used after all, or granted no more, fails. */
import type { BeyondTheLaptop } from './judge.ts';

export const beyondTheLaptop: readonly BeyondTheLaptop[] = [];
