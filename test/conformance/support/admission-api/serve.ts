/**
 * The API of admission controllers over HTTP, on stores in memory: the code of the deployed function but for its adapters.
 * Each request is a minute later than the one before, so that no rate is a bound here.
 */
import { createApi } from '../../../../lambdas/admission-api/api.ts';
import { createRulesLoader } from '../../../../lib/adapters/cel/load-rules.ts';
import { tokenSecrets } from '../../../../lib/adapters/identity/token-secrets.ts';
import { createLongPolls } from '../../../../lib/app/admission-api/long-polls.ts';
import { createToken } from '../../../../lib/app/admission-api/manage-tokens.ts';
import { createRateLimit } from '../../../../lib/app/admission-api/rate-limit.ts';
import { cellOf } from '../../../../lib/core/controllers/api-token.ts';
import { longPollBounds } from '../../../../lib/core/controllers/long-polls.ts';
import { JobId } from '../../../../lib/core/ids.ts';
import type { QuestionStore } from '../../../../lib/ports/questions.ts';
import { createMemoryChance, createMemoryClock } from '../../../fakes/clock.ts';
import { createMemoryGitHub } from '../../../fakes/github.ts';
import { createMemoryNotes } from '../../../fakes/notes.ts';
import { createMemoryQueues } from '../../../fakes/queues.ts';
import { createMemoryRequestCounts } from '../../../fakes/request-counts.ts';
import { createMemoryStores } from '../../../fakes/stores.ts';
import { createMemoryTelemetry } from '../../../fakes/telemetry.ts';
import { givenController, putControllers } from '../../../support/controllers.ts';
import { acme, givenDeployment, givenTenant } from '../../../support/given.ts';
import { givenQuestion } from '../../../support/questions.ts';
import { type ServedApi, serveApi } from '../../../support/serve-api.ts';

export interface ServedInstallation extends ServedApi {
  readonly installation: number;
  /** Of the installation's administrator. */
  readonly token: string;
  /** Of a controller that polls. */
  readonly controllerToken: string;
  /** What that one may be asked to answer: open questions, one that is answered, one that is late, and one that is none. */
  readonly questions: readonly string[];
}

export async function serveAdmissionApi(): Promise<ServedInstallation> {
  const clock = createMemoryClock();
  const stores = createMemoryStores();
  const github = createMemoryGitHub();
  const deployment = givenDeployment();
  await stores.tenants.create(givenTenant());
  const account = { accountId: 1, accountLogin: 'acme', accountType: 'Organization' } as const;
  github.putInstallation(acme, { ...account, suspended: false, repositories: ['app'] });
  const telemetry = createMemoryTelemetry();
  const places = { notes: createMemoryNotes(), chance: createMemoryChance(), clock, telemetry };
  const deps = {
    deployment,
    cell: cellOf(deployment),
    controllers: stores.controllers,
    tenants: stores.tenants,
    github,
    tokenSecrets,
    clock,
    rateLimit: createRateLimit({ counts: createMemoryRequestCounts(), clock }),
    loadRules: createRulesLoader(),
    questions: stores.questions,
    longPolls: createLongPolls(places, longPollBounds(undefined)),
    queues: createMemoryQueues(),
    telemetry,
  };
  const api = createApi(deps);
  const made = await createToken(deps, { owner: acme }, 'conformance', { who: 'conformance' });
  if (made.kind === 'fault' || made.text === undefined) throw new Error('There is no token.');
  const controller = givenController({ id: 'ctl_abcdefgh23456723', transport: { kind: 'poll' } });
  await putControllers(stores.controllers, controller);
  const own = await createToken(deps, { owner: acme, controllerId: controller.id }, '', {
    who: 'conformance',
  });
  if (own.kind === 'fault' || own.text === undefined) throw new Error('There is no token of the controller.');
  const questions = await askedOf(stores.questions, controller.id, clock.now());
  const served = await serveApi(api, () => clock.advance(60_000));
  return { ...served, installation: acme, token: made.text, controllerToken: own.text, questions };
}

/** Longer than all requests together. */
const yearMilliseconds = 365 * 86_400_000;
const openQuestions = 40;

async function askedOf(store: QuestionStore, controllerId: string, now: number): Promise<string[]> {
  const asked = Array.from({ length: openQuestions }, (_, n) =>
    givenQuestion({ controllerId, jobId: JobId(n + 1), askedAt: now, endsAt: now + yearMilliseconds }),
  );
  const late = givenQuestion({ controllerId, jobId: JobId(openQuestions + 1), askedAt: now, endsAt: now });
  for (const question of [...asked, late]) await store.ask(question);
  await store.answer(asked[0]!, { vote: 'admit' }, now);
  return [...asked, late].map(({ id }) => id).concat('1-1-queue');
}
