/**
 * Registers just-in-time runners and removes registrations, with whatever token `ask` uses: an installation's on the
 * platform, or a single host's. A name that an idle registration holds is cleared and tried again, once.
 */
import type { RunnerScope } from '../../core/github.ts';
import type { InstallationId } from '../../core/ids.ts';
import type { Answer, JitRequest } from '../../ports/github.ts';
import { type Ask, level } from './calls.ts';
import { isNameTaken, statusOf } from './classify.ts';

type Answered = <Value>(effect: () => Promise<Value>) => Promise<Answer<Value>>;

export async function registerRunner(
  request: JitRequest,
  { ask, answered }: { readonly ask: Ask; readonly answered: Answered },
): Promise<Answer<{ jitConfig: string }>> {
  const attempt = () => answered(() => register(ask, request));
  try {
    return await attempt();
  } catch (error) {
    if (!isNameTaken(error)) throw error;
  }
  const { installationId, scope, name } = request;
  const cleared = await answered(() => removeRegistration(ask, { installationId, scope, name }));
  if (!cleared.ok) return cleared;
  try {
    return await attempt();
  } catch (error) {
    if (!isNameTaken(error)) throw error;
    return nameTaken(name);
  }
}

async function register(ask: Ask, request: JitRequest): Promise<{ jitConfig: string }> {
  const { root, place, grant } = level(request.scope);
  const body = {
    name: request.name,
    labels: request.labels,
    runner_group_id: request.runnerGroupId,
    work_folder: request.workFolder ?? '_work',
  };
  const answer = await ask(request.installationId, grant, [
    `POST ${root}/generate-jitconfig`,
    { ...place, ...body },
  ]);
  return { jitConfig: (answer as { encoded_jit_config: string }).encoded_jit_config };
}

interface Named {
  readonly installationId: InstallationId;
  readonly scope: RunnerScope;
  readonly name: string;
}

/** @throws what Octokit throws */
export async function removeRegistration(ask: Ask, named: Named): Promise<'removed' | 'absent' | 'busy'> {
  const { root, place, grant } = level(named.scope);
  const list = await ask(named.installationId, grant, [`GET ${root}`, { ...place, name: named.name }]);
  const { runners } = list as { runners: { id: number; name: string; busy: boolean }[] };
  const runner = runners.find(({ name }) => name.toLowerCase() === named.name.toLowerCase());
  if (!runner) return 'absent';
  if (runner.busy) return 'busy';
  try {
    await ask(named.installationId, grant, [
      `DELETE ${root}/{runner_id}`,
      { ...place, runner_id: runner.id },
    ]);
    return 'removed';
  } catch (error) {
    // It got a job, or ended, since it was listed.
    if (statusOf(error) === 422) return 'busy';
    if (statusOf(error) === 404) return 'absent';
    throw error;
  }
}

const nameTaken = (name: string): Answer<never> => ({
  ok: false,
  refusal: {
    kind: 'invalid',
    message: `A runner named ${name} exists on GitHub and is busy; register under another name.`,
  },
});
