import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const LINK = /\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g;

/** The anchors of a document as a viewer makes them: lower case, words joined by `-`, other signs dropped. */
function anchors(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .replace(/\s/g, '-'),
    ),
  );
}

const documents = globSync(['*.md', 'docs/**/*.md'], { cwd: ROOT });

test.each(documents)('every link of %s leads somewhere', (document) => {
  const text = readFileSync(join(ROOT, document), 'utf8');
  for (const [link, path = '', anchor] of text.matchAll(LINK)) {
    const target = path === '' ? join(ROOT, document) : join(ROOT, dirname(document), path);
    expect(existsSync(target), `${document}: ${link}`).toBe(true);
    if (anchor !== undefined)
      expect(anchors(readFileSync(target, 'utf8')), `${document}: ${link}`).toContain(anchor);
  }
});
