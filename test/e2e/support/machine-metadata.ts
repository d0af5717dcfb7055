/**
 * What a hostile job finds on its machine: the metadata service, asked as the boot script asks it. The laptop's machines
 * are processes of this host, so their environment tells where that service is.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface MachinePapers {
  readonly ticket: string;
  /** Base64, as it is sent. */
  readonly document: string;
  readonly signature: string;
}

export async function readPapers(instanceId: string): Promise<MachinePapers> {
  const url = `${metadataUrlOf(instanceId)}/latest`;
  const response = await fetch(`${url}/api/token`, {
    method: 'PUT',
    headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '60' },
  });
  const headers = { 'x-aws-ec2-metadata-token': await response.text() };
  const read = async (path: string) => (await fetch(`${url}/${path}`, { headers })).text();
  return {
    ticket: await read('meta-data/tags/instance/ghr:launch_ticket'),
    document: Buffer.from(await read('dynamic/instance-identity/document')).toString('base64'),
    signature: (await read('dynamic/instance-identity/signature')).replaceAll('\n', ''),
  };
}

function metadataUrlOf(instanceId: string): string {
  for (const processId of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const environment = environmentOf(processId);
    const url = environment.find((entry) => entry.startsWith('AWS_EC2_METADATA_SERVICE_ENDPOINT='));
    const isOurs = environment.some((entry) => entry.startsWith('HOME=') && entry.endsWith(`/${instanceId}`));
    if (url && isOurs) return url.slice(url.indexOf('=') + 1);
  }
  throw new Error(`No process of ${instanceId} is running, so its metadata service cannot be found.`);
}

/** Empty: the process has ended since, or belongs to somebody else. */
function environmentOf(processId: string): string[] {
  try {
    return readFileSync(`/proc/${processId}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
