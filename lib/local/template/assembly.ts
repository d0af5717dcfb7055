/**
 * Reads a CDK cloud assembly from its folder: the manifest, each stack's template, and the place of each uploaded file.
 * An unknown kind of artifact is an error; it must not be skipped.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Assembly, AssemblyError, type Fault, type Stack, type Template } from './cloudformation.ts';

/** Artifacts that describe the app to people and tools, and deploy nothing. */
const descriptive = ['cdk:tree', 'cdk:feature-flag-report'];

interface Artifact {
  readonly type: string;
  readonly dependencies?: readonly string[];
  readonly properties?: {
    readonly file?: string;
    readonly templateFile?: string;
    readonly stackName?: string;
  };
}

interface AssetManifest {
  readonly files?: Readonly<Record<string, FileAsset>>;
  readonly dockerImages?: Readonly<Record<string, unknown>>;
}

interface FileAsset {
  readonly source: { readonly path?: string; readonly packaging?: string };
  readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
}

/** @throws AssemblyError if the assembly contains artifacts that the laptop does not know */
export function loadAssembly(directory: string): Assembly {
  const manifest = readJson<{ artifacts?: Record<string, Artifact> }>(directory, 'manifest.json');
  const artifacts = Object.entries(manifest.artifacts ?? {});
  const faults: Fault[] = [];
  const assets = new Map<string, string>();
  const stacks: Stack[] = [];
  for (const [id, artifact] of artifacts) {
    switch (artifact.type) {
      case 'aws:cloudformation:stack': {
        const template = readJson<Template>(
          directory,
          artifact.properties?.templateFile ?? `${id}.template.json`,
        );
        stacks.push({ name: artifact.properties?.stackName ?? id, template, assets });
        break;
      }
      case 'cdk:asset-manifest':
        readAssets({ directory, file: artifact.properties?.file ?? `${id}.assets.json`, assets, faults });
        break;
      default:
        if (!descriptive.includes(artifact.type)) {
          faults.push({
            stack: id,
            message: `an artifact of type ${artifact.type}; known are stacks and file assets`,
          });
        }
    }
  }
  if (faults.length > 0) throw new AssemblyError(faults);
  return { directory, stacks };
}

function readAssets(of: { directory: string; file: string; assets: Map<string, string>; faults: Fault[] }) {
  const manifest = readJson<AssetManifest>(of.directory, of.file);
  for (const { source, destinations } of Object.values(manifest.files ?? {})) {
    for (const { objectKey } of Object.values(destinations)) {
      if (source.path) of.assets.set(objectKey, join(of.directory, source.path));
    }
  }
  for (const image of Object.keys(manifest.dockerImages ?? {})) {
    of.faults.push({ stack: of.file, message: `a container image (${image}); only files can be run here` });
  }
}

function readJson<Value>(directory: string, file: string): Value {
  return JSON.parse(readFileSync(join(directory, file), 'utf8')) as Value;
}
