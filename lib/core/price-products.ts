/**
 * Reads one product of AWS's price list: `{"product": {…}, "terms": {"OnDemand": {…}}}`, a JSON text for each. Anything
 * undocumented counts as no price.
 * Source: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html
 */
import { type Micros, microsFrom } from './micros.ts';

export interface ProductPrice {
  /** `instanceType`, `usagetype` and others, by AWS's names. */
  readonly attributes: Readonly<Record<string, string>>;
  /** `Hrs`, `GB-Mo`. */
  readonly unit: string;
  readonly price: Micros;
}

interface Product {
  readonly product?: { readonly attributes?: Readonly<Record<string, string>> };
  readonly terms?: {
    readonly OnDemand?: Readonly<
      Record<string, { readonly priceDimensions?: Readonly<Record<string, Dimension>> }>
    >;
  };
}

interface Dimension {
  readonly unit?: string;
  readonly beginRange?: string;
  readonly pricePerUnit?: { readonly USD?: string };
}

/** @returns undefined unless the product has exactly one on-demand price in dollars */
export function productPrice(text: string): ProductPrice | undefined {
  const { product, terms } = JSON.parse(text) as Product;
  const dimensions = Object.values(terms?.OnDemand ?? {}).flatMap(({ priceDimensions = {} }) =>
    Object.values(priceDimensions),
  );
  // A price that falls with the quantity has a dimension for each range.
  const [first, ...others] = dimensions.filter(({ beginRange = '0' }) => Number(beginRange) === 0);
  const dollars = Number(first?.pricePerUnit?.USD ?? Number.NaN);
  if (!first?.unit || others.length > 0 || !Number.isFinite(dollars) || !product?.attributes)
    return undefined;
  return { attributes: product.attributes, unit: first.unit, price: microsFrom(dollars) };
}
