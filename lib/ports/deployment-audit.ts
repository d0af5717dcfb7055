/** The audit of the deployment as a whole: its App, its secrets, its configuration. Rows are added, and never changed. */

export interface DeploymentChange {
  /** ISO 8601. */
  readonly at: string;
  /** A function's name, or the ARN of whoever ran a command. */
  readonly who: string;
  readonly action: string;
  readonly reason?: string;
  /** Old and new values, by name. Never a secret: of a key, only its fingerprint. */
  readonly before: Readonly<Record<string, string>>;
  readonly after: Readonly<Record<string, string>>;
}

/** What a deployment is made of, as its functions were given it. */
export interface DeployedConfiguration {
  /** The operator's settings, as JSON. */
  readonly configuration: string;
  /** A digest of the code of all functions and of the machines' scripts. It differs if the code differs. */
  readonly code: string;
}

export interface RecordedConfiguration {
  /** Grows by one with each configuration or code that was deployed. */
  readonly version: number;
  /** The settings that differ from the version before, by path; `code` if the code does. */
  readonly changed: readonly string[];
}

/** May throw OperationalError. */
export interface DeploymentAudit {
  record(change: DeploymentChange): Promise<void>;
  /** Undefined: nothing differs from the last record. */
  recordConfiguration(
    deployed: DeployedConfiguration & Pick<DeploymentChange, 'at' | 'who'>,
  ): Promise<RecordedConfiguration | undefined>;
}
