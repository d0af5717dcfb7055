/**
 * What the end-to-end worlds saw of IAM: the grants that each function had, and those that a call needed. Each world
 * leaves a file in a folder of the run, whichever worker it ran in; without such a folder nothing is written.
 */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IamDenial, IamUse } from '../../lib/local/aws/iam/iam-log.ts';
import { asList } from '../../lib/local/aws/iam/statement.ts';
import type { Laptop } from '../../lib/local/laptop.ts';
import { type Grant, kindOf } from './grant.ts';

/** The variable that names the folder of a run. */
export const evidenceFolder = 'MAYFLY_IAM_EVIDENCE';

export interface Evidence {
  readonly grants: readonly Grant[];
  readonly uses: readonly Grant[];
  readonly denials: readonly IamDenial[];
}

/** To be called before the laptop is closed. */
export function leaveEvidence(laptop: Laptop): void {
  const folder = process.env[evidenceFolder];
  if (!folder) return;
  writeFileSync(join(folder, `${randomUUID()}.json`), JSON.stringify(evidenceOf(laptop)));
}

export const readEvidence = (folder: string): Evidence[] =>
  readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as Evidence);

/** What functions needed so far. A test's own principals are none of the platform's. */
export const usedGrants = (laptop: Laptop): Grant[] =>
  laptop.endpoint.iam
    .uses()
    .filter(({ caller }) => laptop.functions.names.includes(caller))
    .map((use) => toGrant(use, laptop.environment));

function evidenceOf(laptop: Laptop): Evidence {
  const { endpoint, environment, functions } = laptop;
  const granted = functions.names.flatMap((caller) =>
    (endpoint.policiesOf(caller) ?? [])
      .flatMap(({ Statement }) => asList(Statement))
      .flatMap(({ Sid = '', Action, Resource }) =>
        asList(Action ?? []).flatMap((action) =>
          asList(Resource ?? []).map((resource) => ({ caller, sid: Sid, action, resource })),
        ),
      ),
  );
  return {
    grants: granted.map((grant) => toGrant(grant, environment)),
    uses: usedGrants(laptop),
    denials: endpoint.iam
      .denials()
      .filter(({ caller }) => functions.names.includes(caller))
      .map((denial) => ({ ...denial, caller: plainName(denial.caller, environment) })),
  };
}

const toGrant = ({ caller, sid, action, resource }: IamUse, environment: string): Grant => ({
  function: plainName(caller, environment),
  sid,
  action,
  kind: kindOf(resource),
});

const plainName = (caller: string, environment: string) => caller.slice(environment.length + 1);
