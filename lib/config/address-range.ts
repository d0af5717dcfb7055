/**
 * IPv4 ranges as text (`10.0.0.0/8`) and arithmetic on them: whether one contains another, and which addresses remain
 * outside a set of ranges. Pure functions. IPv6 is not supported because machines have no IPv6 addresses.
 */
interface Range {
  readonly first: number;
  readonly bits: number;
}

/**
 * Ranges that are not public: private networks, carrier-grade NAT (VPCs use it too), link-local.
 * Source: https://www.iana.org/assignments/iana-ipv4-special-registry
 */
export const privateRanges = [
  '10.0.0.0/8',
  '100.64.0.0/10',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.168.0.0/16',
] as const;

/** Multicast and reserved ranges. Nothing routes them, so a rule that names one has no effect. */
const unroutable = ['224.0.0.0/3'];

/** Whether this is a range in CIDR notation whose address is the range's first. */
export const isAddressRange = (text: unknown): text is string =>
  typeof text === 'string' && parse(text) !== undefined;

/** The number of bits that a range fixes: 8 for `10.0.0.0/8`. */
export const prefixOf = (range: string): number => read(range).bits;

export function contains(outer: string, inner: string): boolean {
  const [around, within] = [read(outer), read(inner)];
  return around.bits <= within.bits && firstOf(within.first, around.bits) === around.first;
}

/** Whether every address of the range is private. */
export const isPrivateRange = (range: string): boolean => privateRanges.some((each) => contains(each, range));

/** Every public address, as the fewest ranges in order. Security groups can only allow, so they list these. */
export function publicRanges(): string[] {
  const closed = [...privateRanges, ...unroutable].map(read);
  return without({ first: 0, bits: 0 }, closed).map(write);
}

/** Halves a range until each piece is either entirely open or entirely closed. */
function without(range: Range, closed: readonly Range[]): Range[] {
  if (closed.some((each) => each.bits <= range.bits && firstOf(range.first, each.bits) === each.first))
    return [];
  if (!closed.some((each) => firstOf(each.first, range.bits) === range.first)) return [range];
  const bits = range.bits + 1;
  return [range.first, range.first + 2 ** (32 - bits)].flatMap((first) => without({ first, bits }, closed));
}

const firstOf = (address: number, bits: number) => address - (address % 2 ** (32 - bits));

function read(text: string): Range {
  const range = parse(text);
  if (range) return range;
  throw new Error(`${text} is not an IPv4 range, such as 10.0.0.0/8.`);
}

/** Only as AWS writes it: to some programs `010.0.0.0/8` begins with an octal 8, and AWS refuses it. */
function parse(text: string): Range | undefined {
  const [, address = '', prefix] = /^([\d.]+)\/(\d+)$/.exec(text) ?? [];
  const bits = Number(prefix);
  const first = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const isRange = bits <= 32 && firstOf(first, bits) === first;
  return isRange && write({ first, bits }) === text ? { first, bits } : undefined;
}

function write({ first, bits }: Range): string {
  const parts = [24, 16, 8, 0].map((shift) => Math.floor(first / 2 ** shift) % 256);
  return `${parts.join('.')}/${bits}`;
}
