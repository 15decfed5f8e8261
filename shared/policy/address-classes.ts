import { type AddressRange, hasRange, parseAddressRange, toAddressText } from './condition-values.ts';

// The block for documentation first: it reads as what it is, somebody's address.
const readableAddresses = ['203.0.113.50', '2001:db8::50'];
const everywhere = ['0.0.0.0/0', '::/0'];

/**
 * Whether a range is too wide to be somebody's own network, by S3's rule for public access: wider than /8, or /32
 * in IPv6. https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export function isWideRange({ bits, prefixLength }: AddressRange): boolean {
  return prefixLength < (bits === 32 ? 8 : 32);
}

/** One address for each region that the ranges cut the address space into; none in the forbidden ranges. */
export function toAddresses(ranges: AddressRange[], forbidden: AddressRange[]): string[] {
  const whole = everywhere.flatMap((text) => parseAddressRange(text) ?? []);
  const addresses = [...whole, ...ranges].flatMap((range) => {
    const inner = ranges.filter((other) => hasRange(range, other) && !hasRange(other, range));
    return toAddressOutside(range, [...inner, ...forbidden]) ?? [];
  });
  return [...new Set(addresses)];
}

/** An address of the range that is in none of the holes, or null. */
function toAddressOutside(range: AddressRange, holes: AddressRange[]): string | null {
  const near = holes.filter((hole) => hasRange(range, hole) || hasRange(hole, range));
  if (near.some((hole) => hasRange(hole, range))) {
    return null;
  }
  const readable = readableAddresses.find((text) => {
    const address = parseAddressRange(text);
    return address !== null && hasRange(range, address) && !near.some((hole) => hasRange(hole, address));
  });
  if (readable !== undefined || near.length === 0) {
    return readable ?? toAddressText(range);
  }
  const prefixLength = range.prefixLength + 1;
  const upperBit = 1n << BigInt(range.bits - prefixLength);
  return (
    toAddressOutside({ ...range, prefixLength }, near) ??
    toAddressOutside({ ...range, prefixLength, network: range.network | upperBit }, near)
  );
}
