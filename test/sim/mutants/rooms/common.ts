/** Deliberate faults in lib/app/common. */
import { type Mutant, mutant } from '../mutant.ts';

export const commonMutants: readonly Mutant[] = [
  mutant(
    'no-fence-on-a-launch',
    'The sweep acts on a launch whose caller is still at it.',
    'lib/app/common/settings.ts',
    "export const launchFenceSeconds = functionSettings['scale-up'].timeoutSeconds + clockMarginSeconds;",
    'export const launchFenceSeconds = 0.001;',
  ),
  mutant(
    'short-fence-on-a-launch',
    'The sweep acts on a launch after two seconds, and EC2 may take ten over it.',
    'lib/app/common/settings.ts',
    "export const launchFenceSeconds = functionSettings['scale-up'].timeoutSeconds + clockMarginSeconds;",
    'export const launchFenceSeconds = 2;',
  ),
  mutant(
    'no-boot-deadline',
    'A machine that never boots is waited for, for ever.',
    'lib/app/common/bind-rows.ts',
    'const deadline = deps.clock.now() + deps.deployment.limits.bootSeconds * 1000;',
    'const deadline = Number.MAX_SAFE_INTEGER;',
  ),
  mutant(
    'former-name-taken-for-gone',
    'Whatever GitHub does not find by the name that is stored is gone.',
    'lib/app/common/in-repository.ts',
    'if (isSameName(now.value, name) || tries === mostNames) return answer;',
    'if (name) return answer;',
  ),
  mutant(
    'denied-job-believed',
    'A job is taken to be gone because GitHub denies it, though GitHub shows its run.',
    'lib/app/common/ask-about-job.ts',
    "if (answer.ok || answer.refusal.kind !== 'not-found') return answer;",
    'if (jobId > 0) return answer;',
  ),
  mutant(
    'gone-at-once',
    'A job is closed the first time that GitHub says that it has none.',
    'lib/app/common/settings.ts',
    'export const goneApartSeconds = 480;',
    'export const goneApartSeconds = 0;',
  ),
  mutant(
    'silence-taken-for-denial',
    'Two denials count as one long one, however long GitHub gave no answer in between.',
    'lib/app/common/settings.ts',
    'export const goneSilenceSeconds = 420;',
    'export const goneSilenceSeconds = 7200;',
  ),
  mutant(
    'held-group-never-looked-at-again',
    'An owner changes the setting that a job is held for, and nobody looks.',
    'lib/app/common/settings.ts',
    'export const groupHeldSeconds = 120;',
    'export const groupHeldSeconds = 1e9;',
  ),
  mutant(
    'over-without-its-machine',
    'Of a job that is found over by asking, nobody writes down which machine ran it.',
    'lib/app/common/follow-answer.ts',
    'endOnGitHub({ conclusion, runner, at })',
    'endOnGitHub({ conclusion, runner: undefined, at })',
  ),
  mutant(
    'platform-policy-kept-for-long',
    "A process goes by the operator's policy as it was minutes ago.",
    'lib/app/common/settings.ts',
    'export const platformPolicySeconds = 5;',
    'export const platformPolicySeconds = 120;',
  ),
  mutant(
    'spot-price-of-any-zone',
    'A spot machine gets the price of whichever pool EC2 named first.',
    'lib/app/common/bind-rows.ts',
    'zone === undefined ? undefined : prices.get(spotPool(instance.instanceType, zone))',
    'zone === undefined ? undefined : [...prices.values(), prices.get(spotPool(instance.instanceType, zone))][0]',
  ),
  mutant(
    'lost-spot-price-is-nothing',
    'A spot machine whose price could not be asked costs nothing, without a word.',
    'lib/app/common/bind-rows.ts',
    'zone === undefined ? undefined : prices.get(spotPool(instance.instanceType, zone))',
    'zone === undefined ? undefined : (prices.get(spotPool(instance.instanceType, zone)) ?? 0)',
  ),
];
