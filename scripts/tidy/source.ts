// The parser is the one that the test runner already brings (oxc, through vite): it reads TypeScript, gives imports and
// comments at once, and needs no compiler process.
import { globSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { parseSync, Visitor } from 'vite';

/** A place in a file that breaks a rule. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
  readonly message: string;
}

export interface Named {
  readonly name: string;
  readonly line: number;
}

/** What the rules need to know of one file. Paths are relative to the root, with `/`. */
export interface Source {
  readonly path: string;
  readonly lines: number;
  /** Specifiers of static and dynamic imports, re-exports and import types; a relative one as the path it names. */
  readonly imports: readonly Named[];
  readonly stars: readonly Named[];
  readonly classes: readonly Named[];
  readonly comments: readonly Named[];
}

export function readSources(root: string, patterns: readonly string[]): Source[] {
  return globSync(patterns, { cwd: root })
    .map((path) => path.split('\\').join('/'))
    .filter((path) => !path.includes('node_modules/'))
    .toSorted()
    .map((path) => parseSource(path, readFileSync(posix.join(root, path), 'utf8')));
}

/** Throws `SyntaxError` for what does not parse; the compiler says the rest about it. */
export function parseSource(path: string, text: string): Source {
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  const lineOf = lineFinder(text);
  const found = { imports: [] as Named[], stars: [] as Named[], classes: [] as Named[] };
  const addImport = (node: { value?: unknown; start: number }): void => {
    if (typeof node.value === 'string')
      found.imports.push({ name: target(path, node.value), line: lineOf(node.start) });
  };
  const addClass = (node: { id?: { name: string } | null; start: number }): void => {
    if (node.id) found.classes.push({ name: node.id.name, line: lineOf(node.start) });
  };
  new Visitor({
    ImportDeclaration: (node) => addImport(node.source),
    ImportExpression: (node) => addImport(node.source),
    TSImportType: (node) => addImport(node.source),
    ExportNamedDeclaration: (node) => node.source && addImport(node.source),
    ExportAllDeclaration: (node) => {
      addImport(node.source);
      found.stars.push({ name: node.source.value, line: lineOf(node.start) });
    },
    ClassDeclaration: addClass,
    ClassExpression: addClass,
  }).visit(program);
  return {
    path,
    lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0),
    ...found,
    comments: comments.map((comment) => ({ name: comment.value, line: lineOf(comment.start) })),
  };
}

function target(from: string, specifier: string): string {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : specifier;
}

function lineFinder(text: string): (offset: number) => number {
  return (offset) => text.slice(0, offset).split('\n').length;
}
