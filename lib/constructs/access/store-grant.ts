/**
 * What a function may do with the tables. It gets the names of all of them, since its stores are created together, and
 * permission for exactly the listed actions.
 */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { variables } from '../../contract/environment.ts';
import type { Grant } from '../basics/grant.ts';
import type { State } from '../state/state.ts';

/** Actions by table. `GetItem` applies to the table's rows, `pending:Query` to its index of that name. */
export type StoreActions = Readonly<Partial<Record<StoreName, readonly string[]>>>;

type StoreName = 'tenants' | 'jobs' | 'launches' | 'runners' | 'notes' | 'usage' | 'audit' | 'controllers';

export function storeGrant(state: State, actions: StoreActions): Grant {
  return {
    statements: statementsOf(state, Object.entries(actions) as [StoreName, readonly string[]][]),
    variables: {
      [variables.tenantsTable]: state.tenants.tableName,
      [variables.jobsTable]: state.jobs.tableName,
      [variables.launchesTable]: state.launches.tableName,
      [variables.runnersTable]: state.runners.tableName,
      [variables.notesTable]: state.notes.tableName,
      ...(actions.usage ? { [variables.usageTable]: state.usage.tableName } : {}),
      ...(actions.controllers ? { [variables.controllersTable]: state.controllers.tableName } : {}),
      ...(actions.audit ? { [variables.auditTable]: state.audit.tableName } : {}),
    },
  };
}

/** One statement for all tables with the same actions: a role for thirty tiers has little room. */
function statementsOf(
  state: State,
  tables: readonly (readonly [StoreName, readonly string[]])[],
): PolicyStatement[] {
  const grants = tables.flatMap(([name, actions]) => {
    const byIndex = Map.groupBy(actions, (action) => (action.includes(':') ? action.split(':')[0]! : ''));
    return [...byIndex].map(([index, ofIndex]) => ({
      name: statementName(name, index),
      resource: index === '' ? state[name].tableArn : `${state[name].tableArn}/index/${index}`,
      actions: ofIndex.map((action) => `dynamodb:${action.slice(action.indexOf(':') + 1)}`),
    }));
  });
  return [...Map.groupBy(grants, ({ actions }) => actions.toSorted().join()).values()].map(
    (alike) =>
      new PolicyStatement({
        sid: alike.map(({ name }) => name).join(''),
        actions: [...alike[0]!.actions],
        resources: alike.map(({ resource }) => resource),
      }),
  );
}

/** `Jobs`, `JobsPending`: short, for the same reason. */
const statementName = (table: StoreName, index: string) =>
  [table, ...index.split('-')].map(capitalized).join('');

const capitalized = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1);
