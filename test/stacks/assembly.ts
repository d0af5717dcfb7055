/** Synthesizes the app into a folder of its own, with handlers that do nothing, and reads what came of it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MayflyConfig } from '../../lib/config/config.ts';
import { functionNames } from '../../lib/contract/functions.ts';
import { assemblySources } from '../../lib/local/laptop-synthesis.ts';
import {
  isSynthesized,
  type SynthesisCacheOptions,
  synthesizeOnceNow,
} from '../../lib/local/synthesis-cache.ts';

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
  sources: [...assemblySources, 'test/stacks/assembly.ts', 'test/stacks/synthesize-child.ts'],
  mostEntries: 40,
  onUnusable: (why) => process.stderr.write(`The synthesized app was not cached: ${why}\n`),
};

const child = fileURLToPath(new URL('./synthesize-child.ts', import.meta.url));

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

function synthesizeInChild(wanted: readonly Wanted[]): void {
  const input = JSON.stringify(wanted);
  const { status, stderr } = spawnSync(process.execPath, [child], { input, encoding: 'utf8' });
  if (status !== 0) throw new Error(`The app could not be synthesized:\n${stderr}`);
}

/** Many suites read the same configuration, and one synthesis serves them all, in this run and the next. */
const keep = ({ config, root, options }: Wanted, synthesize: () => void) =>
  synthesizeOnceNow(cache, { input: config, values: { root }, outdir: options.outdir, synthesize });

/**
 * Stores what several configurations come to, for `synthesized`. One process makes all of them: it takes longer to load the
 * CDK than to synthesize.
 */
export function synthesizeAhead(configs: readonly MayflyConfig[]): void {
  const wanted = configs.filter((config) => !isSynthesized(cache, config)).map(wantedOf);
  if (wanted.length === 0) return;
  synthesizeInChild(wanted);
  for (const made of wanted) {
    keep(made, () => {});
    rmSync(made.root, { recursive: true, force: true });
  }
}

const usual = ['network', 'state', 'control-plane', 'observability'];

export function synthesized(config: MayflyConfig): Synthesized {
  const wanted = wantedOf(config);
  const { root } = wanted;
  const folder = wanted.options.outdir;
  keep(wanted, () => synthesizeInChild([wanted]));
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
