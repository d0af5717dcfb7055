/**
 * What the laptop must know about a resource type: the properties it supports, the attributes that others may read, and
 * how to create one. A property is either used, or listed with the reason why it has no effect on a laptop; a template
 * that sets any other property is an error.
 */
import type { Cloud } from './cloud.ts';

/**
 * true: used, whole. A text: supported without effect here, and why. An object: its own properties, each in turn (of
 * every entry, if the value is a list).
 */
export type Understood = true | string | { readonly [property: string]: Understood };

export interface ResourceType {
  readonly properties: { readonly [property: string]: Understood };
  /** What Fn::GetAtt may ask for. */
  readonly attributes: readonly string[];
  create(resource: Resource, cloud: Cloud): Promise<Created> | Created;
}

/** A resource to create, with its properties resolved. */
export interface Resource {
  readonly stack: string;
  readonly logicalId: string;
  // biome-ignore lint/suspicious/noExplicitAny: the shape was checked against `properties`; each type reads its own
  readonly properties: Readonly<Record<string, any>>;
  /** The path of an uploaded file's folder, by its S3 key. */
  asset(key: string): string;
  /** A name for what the template leaves unnamed. */
  generatedName(limit?: number): string;
}

export interface Created {
  readonly ref: string;
  readonly attributes?: Readonly<Record<string, string | readonly string[]>>;
  /**
   * Runs once everything exists: for what depends on policies and permissions that the template attaches later. Throws if
   * they do not suffice.
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
