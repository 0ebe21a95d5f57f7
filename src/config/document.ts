// Text with comments into a value whose every place is known, so that any later complaint can name file, line and column.
import {
  createScanner,
  findNodeAtLocation,
  getNodeValue,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import type { Node, ParseError } from 'jsonc-parser';
import { keyText, type KeyPath } from './key.ts';
import { MAX_PROBLEMS, refuse, type Origin } from './problem.ts';

/** Something that settings come from: a file, the environment, flags. */
export interface Document {
  readonly value: unknown;
  /** Where the value at `path` stands, or the nearest that encloses it. With `key`, where its key does. */
  readonly where: (path: KeyPath, key?: 'key') => Origin;
}

/** Deeper than any configuration; the parser recurses, so hostile nesting must end before it. */
const MAX_DEPTH = 32;

/**
 * Parses JSON with comments and trailing commas; nothing but comments is an empty object. `invalid_params` with file, line
 * and column for text that is not UTF-8, malformed, nested too deep, or holds a key twice.
 */
export function parseDocument(file: string, bytes: Uint8Array): Document {
  const text = decode(file, bytes);
  const at = (offset: number): Origin => ({ kind: 'file', file, ...position(text, offset) });
  const deep = tooDeep(text);
  if (deep !== undefined) refuse([{ at: at(deep), message: `nested deeper than ${MAX_DEPTH} levels` }]);
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [error] = errors;
  if (error !== undefined) refuse([{ at: at(error.offset), message: `malformed JSON: ${inWords(error)}` }]);
  if (root === undefined) return { value: {}, where: () => at(0) };
  refuse(
    badKeys(root, [])
      .slice(0, MAX_PROBLEMS)
      .map(({ offset, ...problem }) => ({ ...problem, at: at(offset) })),
  );
  return { value: getNodeValue(root) as unknown, where: (path, key) => at(nodeAt(root, path, key).offset) };
}

function decode(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes); // drops a byte order mark
  } catch (error) {
    return refuse([{ at: { kind: 'file', file, line: 1, column: 1 }, message: 'not UTF-8 text' }], error);
  }
}

/** Line and column from 1; the column counts UTF-16 units, as editors do. */
function position(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split(/\r\n|\r|\n/);
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** The offset of the first bracket beyond the depth that is read. */
function tooDeep(text: string): number | undefined {
  const scanner = createScanner(text, true);
  for (let depth = 0; ;) {
    scanner.scan();
    // Not its length tells the end: behind an open comment the last token claims to have one.
    if (scanner.getTokenOffset() >= text.length) return undefined;
    const token = text.slice(scanner.getTokenOffset(), scanner.getTokenOffset() + scanner.getTokenLength());
    if (token === '{' || token === '[') depth++;
    if (token === '}' || token === ']') depth--;
    if (depth > MAX_DEPTH) return scanner.getTokenOffset();
  }
}

function inWords(error: ParseError): string {
  const words = printParseErrorCode(error.error).replace(/([a-z])([A-Z])/g, '$1 $2');
  return words.toLowerCase();
}

interface BadKey {
  readonly offset: number;
  readonly key: string;
  readonly message: string;
}

/** Keys that stand twice, of which one would silently win, and `__proto__`, which no object can hold safely. */
function badKeys(node: Node, path: KeyPath): BadKey[] {
  if (node.type === 'array') return (node.children ?? []).flatMap((item, i) => badKeys(item, [...path, i]));
  const seen = new Set<string>();
  return (node.children ?? []).flatMap((property) => {
    const [name, value] = property.children ?? [];
    if (name === undefined || value === undefined) return [];
    const own = [...path, String(name.value)];
    const key = keyText(own);
    const twice = seen.has(key);
    seen.add(key);
    if (twice) return [{ offset: name.offset, key, message: `duplicate key ${JSON.stringify(key)}` }];
    if (name.value === '__proto__') return [{ offset: name.offset, key, message: 'unknown key "__proto__"' }];
    return badKeys(value, own);
  });
}

function nodeAt(root: Node, path: KeyPath, key?: 'key'): Node {
  for (let length = path.length; length > 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (node === undefined) continue;
    return key === 'key' && length === path.length ? (node.parent?.children?.[0] ?? node) : node;
  }
  return root;
}
