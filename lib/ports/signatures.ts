/** Whether a webhook comes from GitHub. */
export interface Signatures {
  /**
   * Checks `X-Hub-Signature-256` over the body's exact bytes against the current and the previous secret. An
   * unknown signature may make it read the secret again, within the secret's own bounds. An empty body is
   * never signed.
   * @throws OperationalError if the secret cannot be read
   */
  verify(body: Uint8Array, signature: string | undefined): Promise<boolean>;
}
