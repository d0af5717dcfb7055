/**
 * A CloudFormation template as plain data, and the only error that this folder throws: everything that is wrong with an
 * assembly, at once. Nothing here knows what a resource type means.
 */
export interface Template {
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, TemplateOutput>>;
  readonly [section: string]: unknown;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly [attribute: string]: unknown;
}

export interface TemplateOutput {
  readonly Value: unknown;
  readonly Export?: { readonly Name: unknown };
}

/** One stack of an assembly. */
export interface Stack {
  readonly name: string;
  readonly template: Template;
  /** S3 object key of an uploaded file → the path of that file or folder on this machine. */
  readonly assets: ReadonlyMap<string, string>;
}

export interface Assembly {
  readonly directory: string;
  readonly stacks: readonly Stack[];
}

/** Something that the laptop cannot run as written. */
export interface Fault {
  readonly stack: string;
  readonly logicalId?: string;
  readonly type?: string;
  readonly property?: string;
  readonly message: string;
}

export class AssemblyError extends Error {
  override readonly name = 'AssemblyError';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[], options?: { cause?: unknown }) {
    const lines = faults.map((fault) => `- ${faultPlace(fault)}: ${fault.message}`);
    super(
      `The laptop cannot run this assembly as written (${faults.length} faults):\n${lines.join('\n')}`,
      options,
    );
    this.faults = faults;
  }
}

function faultPlace({ stack, logicalId, type, property }: Fault): string {
  const place = logicalId ? `${stack}/${logicalId}` : stack;
  const what = type ? ` (${type})` : '';
  return property ? `${place}${what} ${property}` : `${place}${what}`;
}
