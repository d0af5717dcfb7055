/**
 * What IAM decided, by caller: which statement allowed which action on which of its resources, and what was refused. It
 * keeps everything, and grows with the policies, not with the calls. A call that two statements allow counts for neither,
 * because either could be removed.
 */
import type { IamQuestion, PolicyStatement } from '../service.ts';
import { asList } from './statement.ts';
import { type Matcher, wildcard } from './wildcard.ts';

export interface IamUse {
  /** `{environment}-scale-up`. */
  readonly caller: string;
  /** Of the statement that allowed it; empty where the statement has none. */
  readonly sid: string;
  readonly action: string;
  /** As the statement writes it. */
  readonly resource: string;
}

export interface IamDenial {
  readonly caller: string;
  readonly action: string;
  readonly resource: string;
}

export class IamLog {
  readonly #uses = new Map<string, IamUse>();
  readonly #denials = new Map<string, IamDenial>();

  /** @param by all statements that allow it */
  allowed(caller: string, question: IamQuestion, by: readonly PolicyStatement[]): void {
    const [statement] = by;
    if (!statement || by.length > 1) return;
    for (const [resource, matches] of resourceMatchers(statement)) {
      if (!matches(question.resource)) continue;
      const use = { caller, sid: statement.Sid ?? '', action: question.action, resource };
      this.#uses.set(Object.values(use).join('\n'), use);
    }
  }

  denied(caller: string, { action, resource }: IamQuestion): void {
    this.#denials.set(`${caller}\n${action}\n${resource}`, { caller, action, resource });
  }

  uses(): readonly IamUse[] {
    return [...this.#uses.values()];
  }

  denials(): readonly IamDenial[] {
    return [...this.#denials.values()];
  }
}

const matchers = new WeakMap<PolicyStatement, readonly (readonly [string, Matcher])[]>();

function resourceMatchers(statement: PolicyStatement): readonly (readonly [string, Matcher])[] {
  const known = matchers.get(statement);
  if (known) return known;
  const made = asList(statement.Resource ?? []).map((pattern) => [pattern, wildcard(pattern)] as const);
  matchers.set(statement, made);
  return made;
}
