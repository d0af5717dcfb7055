/**
 * What a function may do with the tables. It is told all their names, since its stores are made together, and gets
 * permission for exactly the actions that are named.
 */
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { variables } from '../contract/environment.ts';
import { allow, type Grant } from './grant.ts';
import type { State } from './state.ts';

/** Actions by table. `GetItem` is about the table's rows, `pending:Query` about its index of that name. */
export type StoreActions = Readonly<Partial<Record<StoreName, readonly string[]>>>;

type StoreName = 'tenants' | 'jobs' | 'launches' | 'runners' | 'notes';

export function storeGrant(state: State, actions: StoreActions): Grant {
  return {
    statements: Object.entries(actions).flatMap(([name, ofTable]) =>
      tableStatements(name, state[name as StoreName], ofTable),
    ),
    variables: {
      [variables.tenantsTable]: state.tenants.tableName,
      [variables.jobsTable]: state.jobs.tableName,
      [variables.launchesTable]: state.launches.tableName,
      [variables.runnersTable]: state.runners.tableName,
      [variables.notesTable]: state.notes.tableName,
    },
  };
}

function tableStatements(name: string, table: Table, actions: readonly string[]): PolicyStatement[] {
  const byIndex = Map.groupBy(actions, (action) => (action.includes(':') ? action.split(':')[0]! : ''));
  return [...byIndex].flatMap(([index, ofIndex]) => {
    const sid = `${capitalized(name)}${index.split('-').map(capitalized).join('')}`;
    const resource = index === '' ? table.tableArn : `${table.tableArn}/index/${index}`;
    const permission = allow(sid, {
      actions: ofIndex.map((action) => `dynamodb:${action.slice(action.indexOf(':') + 1)}`),
      resources: [resource],
    });
    return permission.statements;
  });
}

const capitalized = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1);
