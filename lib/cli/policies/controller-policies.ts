/**
 * The least that the commands about admission controllers need: the rows of their table, and for a change also the
 * audit row.
 */
import { admissionEpochAttribute } from '../../contract/tables.ts';
import { allow, type PolicyStatement, type PolicyTarget } from './policy.ts';
import { readApp, readOutputs } from './read-outputs.ts';
import { table } from './table-arns.ts';
import { findTenant, recordChange } from './tenant-policies.ts';

type Policies = Readonly<Record<string, (target: PolicyTarget) => PolicyStatement[]>>;

const controllers = (sid: string, actions: readonly string[]) => (target: PolicyTarget) =>
  allow(
    sid,
    actions.map((action) => `dynamodb:${action}`),
    [table(target, 'controllers')],
  );

/** All controllers of an owner, and their tokens, which show whether a controller is connected. */
const read = (target: PolicyTarget): PolicyStatement[] => [
  ...findTenant(target),
  controllers('ReadControllers', ['GetItem', 'Query'])(target),
];

/** Of the tenant's row, only the policy epoch changes. */
const change = (target: PolicyTarget, actions: readonly string[] = ['Query', 'UpdateItem', 'PutItem']) => [
  ...findTenant(target),
  controllers('ChangeControllers', actions)(target),
  allow('TellTenant', ['dynamodb:UpdateItem'], [table(target, 'tenants')], {
    'ForAllValues:StringEquals': {
      'dynamodb:Attributes': [admissionEpochAttribute, 'installation_id'],
    },
  }),
  recordChange(target),
];

const withNames = (target: PolicyTarget) => [readOutputs(target), readApp(target)];

/** By the command's name. */
export const controllerPolicies: Policies = {
  'controllers list': read,
  'controllers get': read,
  'controllers create': (target) => [...change(target), ...withNames(target)],
  'controllers update': (target) => [...change(target), ...withNames(target)],
  'controllers delete': (target) => change(target, ['Query', 'UpdateItem', 'DeleteItem']),
  'controllers scope list': read,
  'controllers scope create': (target) => [...change(target), ...withNames(target)],
  'controllers scope delete': (target) => change(target),
  'controllers token list': read,
  'controllers token create': (target) => changeTokens(target, ['GetItem', 'Query', 'UpdateItem', 'PutItem']),
  'controllers token rotate': (target) =>
    changeTokens(target, ['GetItem', 'Query', 'UpdateItem', 'PutItem', 'DeleteItem']),
  'controllers token revoke': (target) =>
    changeTokens(target, ['GetItem', 'Query', 'UpdateItem', 'DeleteItem']),
  'controllers secret list': read,
  'controllers secret rotate': (target) =>
    changeTokens(target, ['GetItem', 'Query', 'ConditionCheckItem', 'PutItem']),
  'controllers test': (target) => [
    ...findTenant(target),
    controllers('ReadControllers', ['BatchGetItem', 'Query'])(target),
    ...withNames(target),
  ],
  'controllers replay': (target) => [
    ...findTenant(target),
    allow('ReadJobs', ['dynamodb:Query'], [table(target, 'jobs')]),
  ],
  'controllers decisions': (target) => [
    ...findTenant(target),
    controllers('ReadDecisions', ['Query'])(target),
  ],
};

const changeTokens = (target: PolicyTarget, actions: readonly string[]): PolicyStatement[] => [
  ...findTenant(target),
  controllers('ChangeTokens', actions)(target),
  recordChange(target),
];
