/**
 * Roles with the policies that the template attaches to them, and the policies of queues and functions. The evaluator
 * that answers for the endpoint's calls answers here too; nothing is granted that the template does not say.
 */
import { refusedByBoundary } from '../aws/iam/boundary.ts';
import { evaluateResourcePolicy, explain } from '../aws/iam/evaluate.ts';
import { IamLog } from '../aws/iam/iam-log.ts';
import type { IamQuestion, PolicyDocument, PolicyStatement } from '../aws/service.ts';

export interface Role {
  readonly name: string;
  readonly arn: string;
  readonly trust: PolicyDocument;
  /** Grows while the template is loaded. */
  readonly policies: PolicyDocument[];
  /** Limits whatever the policies allow. */
  readonly boundary?: PolicyDocument | undefined;
}

/** What AWS does in a role's name. */
export interface RoleNeed {
  /** The function, by its name. */
  readonly caller: string;
  /** By name or ARN. */
  readonly role: string;
  readonly actions: readonly string[];
  readonly resource: string;
  readonly context?: IamQuestion['context'];
}

export class PolicyRegistry {
  readonly #iam: IamLog;
  readonly #roles: Role[] = [];
  readonly #resources = new Map<string, PolicyStatement[]>();

  constructor(iam = new IamLog()) {
    this.#iam = iam;
  }

  addRole(role: Role): void {
    this.#roles.push(role);
  }

  /** By name or ARN. */
  role(nameOrArn: string): Role {
    const role = this.#roles.find(({ name, arn }) => name === nameOrArn || arn === nameOrArn);
    if (role) return role;
    throw new Error(
      `There is no role ${nameOrArn}; there are ${this.#roles.map(({ name }) => name).join(', ')}.`,
    );
  }

  /** Statements of the resource's own policy. */
  allowOnResource(resourceArn: string, statements: readonly PolicyStatement[]): void {
    this.#resources.set(resourceArn, [...(this.#resources.get(resourceArn) ?? []), ...statements]);
  }

  /** @throws Error that names the role, the action and the resource */
  requireRoleMay({ caller, role: nameOrArn, actions, resource, context = {} }: RoleNeed): void {
    const role = this.role(nameOrArn);
    for (const action of actions) {
      const question = { action, resource, context };
      const { verdict, reason, by } = explain(role.policies, question);
      const outside = refusedByBoundary(role.boundary, question);
      this.#iam.allowed(caller, question, by);
      if (verdict !== 'allowed' || outside !== undefined) {
        const because = outside ?? reason ?? 'no policy of the role allows it';
        throw new Error(`The role ${role.name} may not ${action} on ${resource} (${because}).`);
      }
    }
  }

  /** @throws Error unless the service may assume the role */
  requireTrust(roleNameOrArn: string, service: string): void {
    const role = this.role(roleNameOrArn);
    const question: IamQuestion = { action: 'sts:AssumeRole', resource: role.arn, context: {} };
    const statements = [role.trust.Statement].flat().map((statement) => ({ ...statement, Resource: '*' }));
    const { verdict } = evaluateResourcePolicy(
      { Statement: statements },
      { principalService: service, question },
    );
    if (verdict !== 'allowed') throw new Error(`The role ${role.name} does not let ${service} assume it.`);
  }

  /** @throws Error unless the resource's own policy allows the service, or everyone, to do this */
  requireResourceAllows(service: string, question: IamQuestion): void {
    const Statement = this.#resources.get(question.resource) ?? [];
    const { verdict, reason } = evaluateResourcePolicy(
      { Statement },
      { principalService: service, question },
    );
    if (verdict !== 'allowed') {
      const because = reason ?? 'no statement of its policy allows it';
      throw new Error(`${question.resource} does not let ${service} ${question.action} (${because}).`);
    }
  }
}
