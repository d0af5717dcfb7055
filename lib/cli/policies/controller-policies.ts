/** The least that the commands about admission controllers need: rows of that one table, and of a change its audit row. */
import { admissionEpochAttribute } from '../../contract/tables.ts';
import { allow, type Place, type PolicyStatement } from './policy.ts';
import { readApp, readOutputs } from './read-outputs.ts';
import { table } from './table-arns.ts';
import { findTenant, recordChange } from './tenant-policies.ts';

type Policies = Readonly<Record<string, (place: Place) => PolicyStatement[]>>;

const controllers = (sid: string, actions: readonly string[]) => (place: Place) =>
  allow(
    sid,
    actions.map((action) => `dynamodb:${action}`),
    [table(place, 'controllers')],
  );

/** All controllers of an owner, and its tokens, which say whether a controller is connected. */
const read = (place: Place): PolicyStatement[] => [
  ...findTenant(place),
  controllers('ReadControllers', ['GetItem', 'Query'])(place),
];

/** The row of a tenant learns the epoch of its policy, and nothing else of it changes. */
const change = (place: Place, actions: readonly string[] = ['Query', 'UpdateItem', 'PutItem']) => [
  ...findTenant(place),
  controllers('ChangeControllers', actions)(place),
  allow('TellTenant', ['dynamodb:UpdateItem'], [table(place, 'tenants')], {
    'ForAllValues:StringEquals': {
      'dynamodb:Attributes': [admissionEpochAttribute, 'installation_id'],
    },
  }),
  recordChange(place),
];

const withNames = (place: Place) => [readOutputs(place), readApp(place)];

/** By the command's name. */
export const controllerPolicies: Policies = {
  'controllers list': read,
  'controllers get': read,
  'controllers create': (place) => [...change(place), ...withNames(place)],
  'controllers update': (place) => [...change(place), ...withNames(place)],
  'controllers delete': (place) => change(place, ['Query', 'UpdateItem', 'DeleteItem']),
  'controllers scope list': read,
  'controllers scope create': (place) => [...change(place), ...withNames(place)],
  'controllers scope delete': (place) => change(place),
  'controllers token list': read,
  'controllers token create': (place) => changeTokens(place, ['GetItem', 'Query', 'UpdateItem', 'PutItem']),
  'controllers token rotate': (place) =>
    changeTokens(place, ['GetItem', 'Query', 'UpdateItem', 'PutItem', 'DeleteItem']),
  'controllers token revoke': (place) =>
    changeTokens(place, ['GetItem', 'Query', 'UpdateItem', 'DeleteItem']),
  'controllers secret list': read,
  'controllers secret rotate': (place) =>
    changeTokens(place, ['GetItem', 'Query', 'ConditionCheckItem', 'PutItem']),
  'controllers test': (place) => [
    ...findTenant(place),
    controllers('ReadControllers', ['BatchGetItem', 'Query'])(place),
  ],
  'controllers replay': (place) => [
    ...findTenant(place),
    allow('ReadJobs', ['dynamodb:Query'], [table(place, 'jobs')]),
  ],
  'controllers decisions': (place) => [...findTenant(place), controllers('ReadDecisions', ['Query'])(place)],
};

const changeTokens = (place: Place, actions: readonly string[]): PolicyStatement[] => [
  ...findTenant(place),
  controllers('ChangeTokens', actions)(place),
  recordChange(place),
];
