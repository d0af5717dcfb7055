/**
 * Reads a controller's answer, by callback or by poll. Anything other than exactly what was requested is a failure, not a
 * rejection.
 */
import { boundedText } from '../bounded-text.ts';
import { controllerBounds } from './controller.ts';

export type ReadAnswer =
  | { readonly kind: 'answered'; readonly vote: 'admit' | 'reject'; readonly reason?: string }
  | { readonly kind: 'failed'; readonly why: string };

/** @param id of the question: an answer to another one is ignored */
export function readAnswer(text: string, id: string): ReadAnswer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return failed('its answer is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return failed('its answer is not a JSON object');
  const { id: given, decision, reason } = value as Record<string, unknown>;
  if (given !== id) return failed('its answer has the id of another question');
  if (decision !== 'admit' && decision !== 'reject')
    return failed('its decision is neither admit nor reject');
  if (reason !== undefined && typeof reason !== 'string') return failed('its reason is not a text');
  return {
    kind: 'answered',
    vote: decision,
    ...(reason ? { reason: boundedText(reason, controllerBounds.reasonCharacters) } : {}),
  };
}

const failed = (why: string): ReadAnswer => ({ kind: 'failed', why });
