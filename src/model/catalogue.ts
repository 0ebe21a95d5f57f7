// The catalogue: what providers' own pages say of their models, on the day that stands beside it. Prices change, so the
// configuration overrides every figure. A price holds only where that service itself is asked.
import type { Price } from '../protocol/index.ts';
import data from './catalogue.json' with { type: 'json' };

export interface CatalogueModel {
  readonly contextTokens?: number;
  readonly outputTokens?: number;
  readonly price?: Price;
}

export interface CatalogueService {
  /** The page that the figures were taken from, and when. */
  readonly pricing: string;
  readonly takenOn: string;
  /** Which of several published figures they are. */
  readonly note?: string;
  readonly models: Readonly<Record<string, CatalogueModel>>;
}

/** By the name of the built-in provider, then by the last segment of the model's name. */
export const CATALOGUE: Readonly<Record<string, CatalogueService>> = data;

/** A date, or `latest`, behind a name: the same model. */
const SNAPSHOT = /-(latest|\d{4}|\d{8}|\d{4}-\d{2}-\d{2})$/;

/** What the catalogue says of a model of this service. */
export function catalogued(service: string, bare: string): CatalogueModel | undefined {
  const models = Object.hasOwn(CATALOGUE, service) ? CATALOGUE[service]?.models : undefined;
  if (models === undefined) return undefined;
  const name = Object.hasOwn(models, bare) ? bare : bare.replace(SNAPSHOT, '');
  return Object.hasOwn(models, name) ? models[name] : undefined;
}

/** What the model of this name can take, whoever serves it: its window is its own, its price is not. */
export function windowOf(bare: string): Omit<CatalogueModel, 'price'> {
  for (const service of Object.keys(CATALOGUE)) {
    const found = catalogued(service, bare);
    if (found === undefined) continue;
    const { price: _price, ...window } = found;
    return window;
  }
  return {};
}
