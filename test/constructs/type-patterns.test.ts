import { describe, expect, it } from '@jest/globals';
import { typePatterns } from '../../lib/constructs/access/type-patterns.ts';

const sizes = ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge', '24xlarge'];
const all = (families: readonly string[]) =>
  families.flatMap((family) => sizes.map((size) => `${family}.${size}`));

describe('the instance types that may be launched', () => {
  it('are named one by one while a role has room, each once', () => {
    expect(typePatterns(['t3.medium', 'm5.large', 't3.medium'])).toEqual(['m5.large', 't3.medium']);
  });

  it('are named by family if they are many', () => {
    expect(typePatterns(all(['m5', 'c7g', 't3']))).toEqual(['c7g.*', 'm5.*', 't3.*']);
  });

  it('are named by what families begin with if those are many too', () => {
    const generations = Array.from({ length: 12 }, (_, n) => [`m${n}id`, `c${n}gn`]).flat();
    expect(typePatterns(all(generations))).toEqual(['c*', 'm*']);
  });
});
