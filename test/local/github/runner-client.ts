/** The runner program's side of the stand-in's runner protocol, for tests. It does nothing by itself. */
export interface JitConfig {
  readonly url: string;
  readonly token: string;
  readonly runnerId: number;
}

export const readJitConfig = (encoded: string): JitConfig =>
  JSON.parse(Buffer.from(encoded, 'base64').toString()) as JitConfig;

export async function askAsRunner(
  encoded: string,
  route: string,
  options: { body?: unknown; signal?: AbortSignal } = {},
): Promise<{ status: number; text: string }> {
  const { url, token } = readJitConfig(encoded);
  const [method = 'GET', path = '/'] = route.split(' ');
  const response = await fetch(url + path, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  return { status: response.status, text: await response.text() };
}

export const openSession = (encoded: string) => askAsRunner(encoded, 'POST /_runner/session');
