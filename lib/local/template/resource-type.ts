/**
 * What the laptop must know of a resource type: the properties it understands, the attributes others may
 * read, and how one is made. A property is either used, or listed with the reason why it has no effect on a
 * laptop; a third way, leaving it out, makes any template that sets it an error.
 */
import type { Cloud } from './cloud.ts';

/**
 * true: used, whole. A text: understood, without effect here, and why. An object: its own properties, each
 * in turn (of every entry, where the value is a list).
 */
export type Understood = true | string | { readonly [property: string]: Understood };

export interface ResourceType {
  readonly properties: { readonly [property: string]: Understood };
  /** What Fn::GetAtt may ask for. */
  readonly attributes: readonly string[];
  create(resource: Resource, cloud: Cloud): Promise<Created> | Created;
}

/** A resource to be made, its properties resolved. */
export interface Resource {
  readonly stack: string;
  readonly logicalId: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape was checked against `properties`; each type reads its own
  readonly properties: Readonly<Record<string, any>>;
  /** Where the folder of an uploaded file lies, by its S3 key. */
  asset(key: string): string;
  /** A name for what the template leaves unnamed. */
  generatedName(limit?: number): string;
}

export interface Created {
  readonly ref: string;
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>;
  /**
   * Run once everything exists: for what depends on policies and permissions that the template attaches
   * later. Throws where they do not suffice.
   */
  readonly settle?: () => Promise<void> | void;
}

export type Registry = Readonly<Record<string, ResourceType>>;

/** Reasons that many types share. */
export const withoutEffect = {
  tags: 'tags on infrastructure only matter to bills and searches',
  encryption: 'nothing leaves this machine',
  retention: 'a laptop forgets everything when it stops',
  description: 'for people',
  hardware: 'functions run on the processor that is here',
  protection: 'nothing is ever deleted here but with the laptop itself',
  network: 'machines of the laptop are processes and share its network',
  tracing: 'there is no tracing service here',
} as const;
