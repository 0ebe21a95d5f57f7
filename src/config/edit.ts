// Changing a file that belongs to a person: one value at a time, with every comment and line break left where it was.
import { applyEdits, modify } from 'jsonc-parser';
import { parseJson } from '../base/index.ts';
import { checkDocument } from './check.ts';
import { parseDocument, type Document } from './document.ts';
import { readSmallFile, replaceFile } from './files.ts';
import type { Home } from './home.ts';
import { findSetting, keyPath, type KeyPath } from './key.ts';
import { joinLayers } from './layers.ts';
import { resolveProfiles } from './profiles.ts';
import { fromText } from './value.ts';

/** `value` undefined takes the key out, so that its default holds again. */
export interface ConfigChange {
  readonly key: string;
  readonly value: unknown;
}

const BOM = '\ufeff';

/**
 * Changes the home's file, all changes or none, and syncs it. The whole result is checked first: `invalid_params`, and the
 * old file stands. Also refuses as `replaceFile` does.
 */
export function editConfig(home: Home, changes: readonly ConfigChange[]): void {
  const bytes = readSmallFile(home.config)?.bytes ?? new Uint8Array();
  parseDocument(home.config, bytes); // a malformed file is not edited: its places would be guesses
  const before = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const mark = before.startsWith(BOM) ? BOM : '';
  const text = changes.reduce((current, change) => apply(current, change), before.slice(mark.length));
  checkResult(home.config, text, changes);
  if (mark + text !== before) replaceFile(home.config, mark + text);
}

function apply(text: string, { key, value }: ConfigChange): string {
  const path = keyPath(key);
  const eol = text.includes('\r\n') ? '\r\n' : '\n';
  const formattingOptions = { eol, tabSize: 2, insertSpaces: !/^\t/m.test(text) };
  const start = text.trim() === '' ? `{}${eol}` : text;
  return applyEdits(start, modify(start, path, value, { formattingOptions }));
}

function checkResult(path: string, text: string, changes: readonly ConfigChange[]): void {
  const written = parseDocument(path, new TextEncoder().encode(text));
  const changed = changes.map((change) => keyPath(change.key));
  const document: Document = {
    value: written.value,
    where: (at, key) =>
      changed.some((own) => isWithin(at, own)) ? { kind: 'edit' } : written.where(at, key),
  };
  const file = checkDocument(document, 'home');
  resolveProfiles(joinLayers([{ file, where: document.where }], []));
}

function isWithin(path: KeyPath, outer: KeyPath): boolean {
  return outer.every((segment, i) => segment === path[i]);
}

/** What a text on the command line stands for as the value of `key`; JSON where the key holds an object. Refuses nothing: `editConfig` does. */
export function valueFromText(key: string, text: string): unknown {
  const setting = findSetting(keyPath(key));
  if (setting !== undefined) return fromText(setting, text);
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : text;
}
