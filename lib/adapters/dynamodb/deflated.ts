/** Deflates text, because each write is billed by the size of its whole row. */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export const deflated = (words: string): AttributeValue => ({ B: deflateRawSync(words, { level: 9 }) });

/** @throws Error if it is not deflated text */
export const inflated = (value: AttributeValue | undefined): string =>
  inflateRawSync(value?.B ?? Buffer.alloc(0)).toString();
