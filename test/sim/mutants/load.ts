/**
 * Loads the simulation over a copy of the sources with one fault in it, without changing any file. A module that is
 * imported under `?mutant=name` imports the others under it too, and the text of that mutant's file is replaced as it
 * loads. It is an error if the text does not occur exactly once: the source has changed, and the mutant must be
 * updated.
 */
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { hostMutants } from '../../host/sim/mutants.ts';
import { mutants } from './list.ts';
import type { Mutant } from './mutant.ts';

/** A mutant of the platform, or of a single host. */
export interface Simulation {
  simulate(seed: number): Promise<{ readonly violations: readonly { readonly invariant: string }[] }>;
}

export const allMutants = [...mutants, ...hostMutants];

const root = new URL('../../../', import.meta.url).href;
const marker = /\?mutant=([a-z0-9-]+)$/;

/** Call it once, before the first mutant is loaded. */
export function registerMutants(): void {
  registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context);
      const name = marker.exec(context.parentURL ?? '')?.[1];
      const isOurs = resolved.url.startsWith(root) && !resolved.url.includes('/node_modules/');
      return name && isOurs ? { ...resolved, url: `${resolved.url}?mutant=${name}` } : resolved;
    },
    load(url, context, nextLoad) {
      const name = marker.exec(url)?.[1];
      const loaded = nextLoad(url, context);
      const mutant = allMutants.find((one) => one.name === name);
      const changes = mutant?.changes.filter(({ file }) => `${root}${file}` === url.replace(marker, ''));
      if (!mutant || !changes?.length || loaded.source === undefined) return loaded;
      return { ...loaded, source: changed(mutant, String(loaded.source), changes) };
    },
  });
}

export async function loadMutant(mutant: Mutant): Promise<Simulation> {
  const file = hostMutants.includes(mutant) ? '../../host/sim/simulate-host.ts' : '../simulate.ts';
  return (await import(new URL(`${file}?mutant=${mutant.name}`, import.meta.url).href)) as Simulation;
}

function changed(mutant: Mutant, source: string, changes: Mutant['changes']): string {
  return changes.reduce((text, { file, from, to }) => {
    const found = text.split(from).length - 1;
    if (found === 1) return text.replace(from, () => to);
    throw new Error(
      `Mutant ${mutant.name} looks for ${JSON.stringify(from)} in ${fileURLToPath(root)}${file} and finds it ` +
        `${found} times; it must stand there once. Bring test/sim/mutants in line with the source.`,
    );
  }, source);
}
