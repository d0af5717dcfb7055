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

/** Functions alone: a test's own principals are none of the platform's. */
function evidenceOf({ endpoint, environment, functions }: Laptop): Evidence {
  const ofFunction = ({ caller }: { readonly caller: string }) => functions.names.includes(caller);
  const plain = (caller: string) => caller.slice(environment.length + 1);
  const granted = functions.names.flatMap((caller) =>
    (endpoint.policiesOf(caller) ?? [])
      .flatMap(({ Statement }) => asList(Statement))
      .flatMap(({ Sid = '', Action, Resource }) =>
        asList(Action ?? []).flatMap((action) =>
          asList(Resource ?? []).map((resource) => ({ caller, sid: Sid, action, resource })),
        ),
      ),
  );
  const toGrant = ({ caller, sid, action, resource }: IamUse): Grant => ({
    function: plain(caller),
    sid,
    action,
    kind: kindOf(resource),
  });
  return {
    grants: granted.map(toGrant),
    uses: endpoint.iam.uses().filter(ofFunction).map(toGrant),
    denials: endpoint.iam
      .denials()
      .filter(ofFunction)
      .map((denial) => ({ ...denial, caller: plain(denial.caller) })),
  };
}
