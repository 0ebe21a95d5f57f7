import { readFileSync } from 'node:fs';

/** What the package says of itself. The same place from the sources and from what is built of them. */
export const MANIFEST = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  readonly version: string;
  readonly engines: { readonly node: string };
};
