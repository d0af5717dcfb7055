/** Deliberate faults of a single host, in the form of test/sim/mutants; `npm run sim:mutants` tries them too. */
import type { Mutant } from '../../sim/mutants/mutant.ts';

type Change = Mutant['changes'][number];

const mutant = (name: string, fault: string, ...changes: readonly Change[]): Mutant => ({
  name: `host-${name}`,
  fault,
  changes,
});

const launching = 'lib/host/launch-runner.ts';
const ending = 'lib/host/end-runner.ts';

export const hostMutants: readonly Mutant[] = [
  mutant('ended-while-busy', 'A container ends although GitHub has kept its registration, as it has a job.', {
    file: ending,
    from: "if (answer.ok && answer.value === 'removed') {",
    to: 'if (answer.ok) {',
  }),
  mutant(
    'old-list-believed',
    'A runner that one list of GitHub lacks counts as forgotten, however old that list was.',
    {
      file: 'lib/host/supervisor.ts',
      from: '[name, last - since]',
      to: '[name, now - since + 0 * last]',
    },
    {
      file: ending,
      from: `const answer = await github.remove(scope, name);
  const isGone = answer.ok && answer.value !== 'busy';`,
      to: 'void [github, scope];\n  const isGone = true;',
    },
  ),
  mutant('settled-at-once', 'What a failed call may still bring is not waited for.', {
    file: 'lib/host/settled.ts',
    from: 'const settledMs = 60_000;',
    to: 'const settledMs = 1_000;',
  }),
  mutant(
    'record-after-registration',
    'A runner is registered before there is a record of it.',
    {
      file: launching,
      from: `  await deps.state.putRunner(runner);
  try {`,
      to: '  try {',
    },
    {
      file: launching,
      from: '    await deps.engine.run(containerOf(',
      to: '    await deps.state.putRunner(runner);\n    await deps.engine.run(containerOf(',
    },
  ),
  mutant('only-running-ones-counted', 'A container that may still come does not count.', {
    file: 'lib/host/plan-round.ts',
    from: 'const count = view.wanted - live - coming;',
    to: 'const count = view.wanted - live - 0 * coming;',
  }),
  mutant('surplus-stays', 'Where fewer runners are wanted, those that wait for a job stay.', {
    file: 'lib/host/plan-round.ts',
    from: '[...steps, ...surplus(view, byName)]',
    to: '(void surplus, steps)',
  }),
  mutant('token-in-the-container', 'A container is given the owner’s token.', {
    file: 'lib/host/runner.ts',
    from: 'environment: { ACTIONS_RUNNER_INPUT_JITCONFIG: jitConfig },',
    to: 'environment: { ACTIONS_RUNNER_INPUT_JITCONFIG: jitConfig, T: JSON.stringify(config.credential) },',
  }),
  mutant('token-in-the-versions', 'Settings are kept with the token.', {
    file: 'lib/host/versions.ts',
    from: 'if (!(secretSetting in settings)) return text;',
    to: 'if (settings) return text;',
  }),
  mutant('stop-forgets-registrations', 'A stop is over when the last container is gone.', {
    file: 'lib/host/supervisor.ts',
    from: 'const isAllRefused = runners.every(({ name }) => memory.refused.has(name));',
    to: 'const isAllRefused = runners !== undefined;',
  }),
];
