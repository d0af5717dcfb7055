/**
 * A process that dies at its n-th call of any port: before the call has its effect, or after it, with the answer
 * lost. From then on all of its calls fail, because nothing more comes from a dead process.
 */
const ports = [
  'tenants',
  'jobs',
  'launches',
  'runners',
  'usage',
  'audit',
  'ledger',
  'controllers',
  'questions',
  'callbacks',
  'notes',
  'compute',
  'queues',
  'github',
] as const;

export class Died extends Error {}

export interface DyingProcess<Deps> {
  readonly deps: Deps;
  /** Whether it lived long enough to make that many calls. */
  died(): boolean;
  /** The call at which it died: `jobs.insert`. */
  lastWords(): string;
}

export function dyingProcess<Deps extends object>(
  deps: Deps,
  death: { call: number; when: 'before' | 'after' },
): DyingProcess<Deps> {
  let calls = 0;
  let dead = false;
  let words = '';
  const call = async (name: string, run: () => Promise<unknown>) => {
    if (dead) throw new Died(name);
    calls++;
    if (calls === death.call) {
      words = name;
      dead = true;
      if (death.when === 'after') await run();
      throw new Died(name);
    }
    const answer = await run();
    if (dead) throw new Died(name);
    return answer;
  };
  const dying = { ...deps } as Record<string, unknown>;
  for (const port of ports) {
    const target = dying[port] as object | undefined;
    if (target) dying[port] = wrap(port, target, call);
  }
  return { deps: dying as Deps, died: () => dead, lastWords: () => words };
}

type Call = (name: string, run: () => Promise<unknown>) => Promise<unknown>;

function wrap(port: string, target: object, call: Call): object {
  return new Proxy(target, {
    get(object, name) {
      const member = Reflect.get(object, name) as unknown;
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) =>
        call(`${port}.${String(name)}`, async () => member.apply(object, given));
    },
  });
}
