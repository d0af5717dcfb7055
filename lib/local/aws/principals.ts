/**
 * Who may call the laptop's AWS: the operator, who may do anything, and one principal for each function, with access keys
 * of its own and its role's policies. All other keys are refused.
 */
import { randomBytes } from 'node:crypto';
import type { PolicyDocument, Principal } from './service.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Temporary keys are worth nothing without it. */
  readonly sessionToken?: string;
}

export interface NewPrincipal {
  /** `{environment}-scale-up`. */
  readonly name: string;
  readonly arn: string;
  readonly policies: readonly PolicyDocument[];
  readonly boundary?: PolicyDocument | undefined;
  /** Its keys are those of a role in use: each call needs the session token, too. */
  readonly isTemporary?: boolean;
}

/** The values for AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. */
export const operatorCredentials: Credentials = {
  accessKeyId: 'mayfly-operator',
  secretAccessKey: 'mayfly-operator',
};

/** A caller that does not sign. Only a resource's own policy can allow it anything. */
export const anonymous: Principal = {
  accessKeyId: '',
  name: 'anonymous',
  arn: 'anonymous',
  isOperator: false,
  policies: [],
};

/** Many tools for local stand-ins have these built in; they count as the operator's too. */
const customaryCredentials: Credentials = { accessKeyId: 'test', secretAccessKey: 'test' };

interface Entry {
  readonly principal: Principal;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** AWS's own have about this size. */
const sessionTokenBytes = 600;

export class Principals {
  readonly #entries = new Map<string, Entry>();

  constructor(accountId: string) {
    for (const { accessKeyId, secretAccessKey } of [operatorCredentials, customaryCredentials]) {
      const arn = `arn:aws:iam::${accountId}:user/operator`;
      const principal = { accessKeyId, name: 'operator', arn, isOperator: true, policies: [] };
      this.#entries.set(accessKeyId, { principal, secretAccessKey });
    }
  }

  /** @throws Error where the name is taken */
  add({ name, arn, policies, boundary, isTemporary = false }: NewPrincipal): Credentials {
    if (name === 'operator' || this.#keyOf(name) !== undefined) {
      throw new Error(
        `There is a principal named ${name} already; update its policies, or remove it before adding it again.`,
      );
    }
    const accessKeyId = `MAYFLY_${name.replace(/\W/g, '_')}_${randomBytes(3).toString('hex')}`;
    const secretAccessKey = randomBytes(30).toString('base64url');
    const principal = { accessKeyId, name, arn, isOperator: false, policies, boundary };
    const session = isTemporary ? { sessionToken: randomBytes(sessionTokenBytes).toString('base64') } : {};
    this.#entries.set(accessKeyId, { principal, secretAccessKey, ...session });
    return { accessKeyId, secretAccessKey, ...session };
  }

  /** @throws Error where there is no such principal */
  updatePolicies(name: string, policies: readonly PolicyDocument[]): void {
    const accessKeyId = this.#keyOf(name);
    const entry = accessKeyId === undefined ? undefined : this.#entries.get(accessKeyId);
    if (!accessKeyId || !entry) throw new Error(`There is no principal named ${name}; add it first.`);
    this.#entries.set(accessKeyId, { ...entry, principal: { ...entry.principal, policies } });
  }

  /** Does nothing if it does not exist. */
  remove(name: string): void {
    const accessKeyId = this.#keyOf(name);
    if (accessKeyId !== undefined) this.#entries.delete(accessKeyId);
  }

  policiesOf(name: string): readonly PolicyDocument[] | undefined {
    const accessKeyId = this.#keyOf(name);
    return accessKeyId === undefined ? undefined : this.#entries.get(accessKeyId)?.principal.policies;
  }

  /** The operator has no policies to list. */
  names(): readonly string[] {
    const principals = [...this.#entries.values()].map(({ principal }) => principal);
    return principals.filter(({ isOperator }) => !isOperator).map(({ name }) => name);
  }

  find(accessKeyId: string): Entry | undefined {
    return this.#entries.get(accessKeyId);
  }

  #keyOf(name: string): string | undefined {
    for (const [accessKeyId, { principal }] of this.#entries) {
      if (principal.name === name && !principal.isOperator) return accessKeyId;
    }
    return undefined;
  }
}
