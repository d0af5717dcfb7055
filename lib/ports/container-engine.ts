/**
 * The container engine of a single host. Only containers that carry the host's own label are ever seen or touched.
 * If the engine refuses or does not answer in time, an OperationalError is thrown.
 */
export interface ContainerEngine {
  /** `docker` or `podman`. */
  readonly name: string;
  /** Of the engine itself, which must be running. */
  version(): Promise<string>;
  /** Undefined: there is no such image here. */
  image(reference: string): Promise<ContainerImage | undefined>;
  /** Resolves when the image exists. @param onOutput receives what the build prints */
  build(build: ImageBuild, onOutput: (text: string) => void): Promise<void>;
  /** Creates and starts a container with a disk of its own. If the start fails, it may be left as `created`. */
  run(container: NewContainer): Promise<void>;
  /** All that carry this label, whatever their state. */
  list(label: readonly [name: string, value: string]): Promise<readonly Container[]>;
  /** Whether a program of this name is among its processes. Undefined: it does not run. */
  runs(name: string, program: string): Promise<boolean | undefined>;
  /** Asks its first process to end and kills it after so many seconds. Also resolves if it is gone. */
  stop(name: string, graceSeconds: number): Promise<void>;
  /** The last lines that it printed. Empty if it is gone. */
  logs(name: string, lines: number): Promise<string>;
  /** Passes on what it prints, from its last lines on, until it has ended. @returns false if it is gone */
  follow(name: string, lines: number, onOutput: (text: string) => void): Promise<boolean>;
  /** Removes it with its disk. Also resolves if it is gone. Refuses a running one: it may have got a job since it was listed. */
  remove(name: string): Promise<void>;
}

export interface ContainerImage {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ImageBuild {
  readonly tag: string;
  /** The folder with the Containerfile. */
  readonly folder: string;
  readonly arguments: Readonly<Record<string, string>>;
}

export interface NewContainer {
  /** Unique on this engine; a name that is taken is refused. */
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Never on a command line. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: ContainerLimits;
  /** Absent: the engine's own. */
  readonly network?: string;
  /** The engine's socket, which makes the job root on this host. */
  readonly socket?: string;
}

export interface ContainerLimits {
  /** As the engine takes it: `4g`. */
  readonly memory?: string;
  readonly cpus?: string;
}

export interface Container {
  readonly name: string;
  /** created: it was never started. ended: whatever it printed and its disk are still there. */
  readonly state: 'created' | 'running' | 'ended';
  readonly exitCode: number;
  readonly labels: Readonly<Record<string, string>>;
}
