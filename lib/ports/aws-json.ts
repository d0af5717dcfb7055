/** An AWS service that is called with JSON, as adapters see it. */
export interface AwsJson {
  /**
   * One action, retried if that can help. The answer is as the service wrote it.
   * @throws Error whose name is the service's code and whose `fields` are those of its answer; or `TimeoutError` or `Unreachable`
   *   where there was no answer, and `UnreadableAnswer` if it is not JSON
   */
  call(action: string, input: object): Promise<Readonly<Record<string, unknown>>>;
}
