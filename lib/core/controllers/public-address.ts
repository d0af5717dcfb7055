/**
 * Whether an address is on the public internet. A tenant names the host to call, so nothing internal may be
 * reached: no private or link-local address, no metadata service, no address that is translated into one of
 * these. Sources: https://www.iana.org/assignments/iana-ipv4-special-registry,
 * https://www.iana.org/assignments/iana-ipv6-special-registry
 */
const refusedV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];

export function isPublicAddress(address: string): boolean {
  if (address.includes(':')) return isPublicV6(address);
  const given = numberOfV4(address);
  if (given === undefined) return false;
  return !refusedV4.some(([start, bits]) => {
    const size = 2 ** (32 - bits);
    const first = numberOfV4(start) ?? 0;
    return given >= first && given < first + size;
  });
}

function numberOfV4(address: string): number | undefined {
  const parts = address.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Only 2000::/3 is allocated, and some parts of that lead elsewhere. */
function isPublicV6(address: string): boolean {
  const groups = groupsOfV6(address);
  if (!groups) return false;
  const [first = 0, second = 0] = groups;
  if (first < 0x2000 || first > 0x3fff) return false;
  // Teredo, benchmarks and the like (2001::/23), documentation (2001:db8::/32, 3fff::/20), 6to4 (2002::/16).
  if (first === 0x2001 && (second < 0x0200 || second === 0x0db8)) return false;
  return first !== 0x2002 && !(first === 0x3fff && second < 0x1000);
}

function groupsOfV6(address: string): number[] | undefined {
  const halves = address.split('::');
  if (halves.length > 2 || address.includes('%') || address.includes('.')) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const texts = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  return texts.every((text) => /^[0-9a-f]{1,4}$/i.test(text))
    ? texts.map((text) => Number.parseInt(text, 16))
    : undefined;
}
