/** Synthesizes the app into a folder of its own, with handlers that do nothing, and reads what came of it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { functionNames } from '../../lib/contract/functions.ts';
import { assemblySources } from '../../lib/local/laptop-synthesis.ts';
import { type SynthesisCacheOptions, synthesizeOnceNow } from '../../lib/local/synthesis-cache.ts';

// biome-ignore lint/suspicious/noExplicitAny: a template is JSON, and each test knows the shape that it looks at
type Json = any;

export interface Resource {
  readonly id: string;
  readonly Type: string;
  readonly Properties: Json;
  readonly [attribute: string]: Json;
}

export interface Synthesized {
  readonly folder: string;
  /** Of one stack (`state`), or of all. */
  resources(type?: string, stack?: string): Resource[];
  outputs(stack: string): Record<string, Json>;
  templateBytes(stack: string): number;
  dispose(): void;
}

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const cache: SynthesisCacheOptions = {
  folder: join(checkout, 'node_modules', '.cache', 'mayfly-stacks'),
  root: checkout,
  ...assemblySources,
  sources: [...assemblySources.sources, 'test/stacks/assembly.ts'],
  // The tests ask for 37: with too little room, each run would make most of them anew.
  mostEntries: 60,
  onUnusable: (why) => process.stderr.write(`The synthesized app was not cached: ${why}\n`),
};

interface Wanted {
  readonly config: MayflyConfig;
  /** Holds what belongs to this synthesis, and goes with it. */
  readonly root: string;
  readonly options: { readonly outdir: string; readonly handlersFolder: string };
}

function wantedOf(config: MayflyConfig): Wanted {
  const root = mkdtempSync(join(tmpdir(), 'mayfly-synth-'));
  const handlersFolder = join(root, 'lambdas');
  for (const name of functionNames) {
    mkdirSync(join(handlersFolder, name), { recursive: true });
    writeFileSync(join(handlersFolder, name, 'handler.ts'), `export const handler = async () => '${name}';`);
  }
  return { config, root, options: { outdir: join(root, 'out'), handlersFolder } };
}

const load = createRequire(import.meta.url);

/** It loads the CDK, for 0.9 s: only where something is to be synthesized, and once for all files of the process. */
function synthesizeNow({ config, options }: Wanted): void {
  const { synthesizeApp }: typeof import('../../lib/stacks/synthesize.ts') = load(
    '../../lib/stacks/synthesize.ts',
  );
  synthesizeApp(config, options);
}

/** Many suites read the same configuration, and one synthesis serves them all, in this run and the next. */
function synthesizeOnce(wanted: Wanted): void {
  const { config, root, options } = wanted;
  const synthesize = () => synthesizeNow(wanted);
  synthesizeOnceNow(cache, { input: config, values: { root }, outdir: options.outdir, synthesize });
}

const usual = ['network', 'state', 'control-plane', 'observability'];

export function synthesized(config: MayflyConfig): Synthesized {
  const wanted = wantedOf(config);
  const { root } = wanted;
  const folder = wanted.options.outdir;
  synthesizeOnce(wanted);
  const fileOf = (stack: string) => join(folder, `${config.environment}-${stack}.template.json`);
  const stacks = [
    ...usual,
    ...(config.machineImages ? ['images'] : []),
    ...(config.costsExport ? ['costs'] : []),
  ];
  const templates = new Map<string, Json>(
    stacks.map((stack) => [stack, JSON.parse(readFileSync(fileOf(stack), 'utf8'))]),
  );
  return {
    folder,
    resources: (type, stack) =>
      stacks
        .filter((name) => stack === undefined || name === stack)
        .flatMap((name) => Object.entries<Json>(templates.get(name).Resources))
        .map(([id, resource]): Resource => ({ id, ...resource }))
        .filter((resource) => type === undefined || resource.Type === type),
    outputs: (stack) => templates.get(stack).Outputs,
    templateBytes: (stack) => statSync(fileOf(stack)).size,
    dispose: () => rmSync(root, { recursive: true, force: true }),
  };
}

export interface Statement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: Json;
  readonly Condition?: Json;
}

/** The statements of each function's role, by the function's name without its environment. */
export function statementsByFunction(app: Synthesized, environment: string): Map<string, Statement[]> {
  const roles = new Map(app.resources('AWS::IAM::Role').map((role) => [role.id, role]));
  return new Map(
    app.resources('AWS::Lambda::Function').map(({ Properties }) => {
      const role = roles.get(Properties.Role['Fn::GetAtt'][0])!;
      const statements = role.Properties.Policies.flatMap((policy: Json) => policy.PolicyDocument.Statement);
      return [Properties.FunctionName.slice(environment.length + 1), statements];
    }),
  );
}

export const listOf = <Item>(value: Item | Item[]): Item[] => (Array.isArray(value) ? value : [value]);
