/** Synthesizes what standard input names, in a process of its own: whoever reads a stored synthesis need not load the CDK. */
import { readFileSync } from 'node:fs';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { type SynthesisOptions, synthesizeApp } from '../../lib/stacks/synthesize.ts';

interface Asked {
  readonly config: MayflyConfig;
  readonly options: SynthesisOptions;
}

for (const { config, options } of JSON.parse(readFileSync(0, 'utf8')) as Asked[])
  synthesizeApp(config, options);
