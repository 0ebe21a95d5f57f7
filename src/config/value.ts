// What the value of a setting must be, in words; and how a text from the environment, a flag or a command line becomes one.
import { oneLine, parseJson } from '../base/index.ts';
import type { Setting } from './settings.ts';

/** Ends the sentence "it must be …". */
export function mustBe(setting: Setting): string {
  if (setting.form !== undefined) return setting.form;
  if (setting.choices !== undefined)
    return `one of ${setting.choices.map((choice) => JSON.stringify(choice)).join(', ')}`;
  if (setting.kind === 'boolean') return 'true or false';
  if (setting.minimum === undefined || setting.maximum === undefined) return 'a text';
  const what = setting.kind === 'integer' ? 'a whole number' : 'a number';
  const unit = setting.unit === undefined ? '' : ` (${setting.unit})`;
  const zero = setting.zero === undefined ? '' : `, or 0 for ${setting.zero}`;
  return `${what} from ${setting.minimum} to ${setting.maximum}${unit}${zero}`;
}

export function inRange(setting: Setting, value: unknown): boolean {
  if (typeof value !== 'number' || setting.minimum === undefined || setting.maximum === undefined)
    return true;
  return (
    (value === 0 && setting.zero !== undefined) || (value >= setting.minimum && value <= setting.maximum)
  );
}

/** A wrong value as it may be shown: never a secret, nor what could hold one, nor more than a line of it. */
export function shown(value: unknown, setting: Setting | undefined): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  if (value !== null && (setting === undefined || setting.secret === true))
    return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
  return oneLine(typeof value === 'number' ? `${value}` : JSON.stringify(value), 80);
}

const UNITS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ms: { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  bytes: { '': 1, b: 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 },
};

/**
 * The value a text stands for: `90s`, `2m` or `1500` (ms) for a duration, `64KiB` for bytes, JSON or names with commas
 * between for a list. A text that stands for nothing of the kind stays a text, which the check of the whole then refuses.
 */
export function fromText(setting: Setting, text: string): string | number | boolean | readonly unknown[] {
  const bare = text.trim();
  switch (setting.kind) {
    case 'integer':
    case 'number':
      return parseNumber(bare, UNITS[setting.unit ?? ''] ?? { '': 1 }) ?? bare;
    case 'boolean':
      return bare === 'true' ? true : bare === 'false' ? false : bare;
    case 'list':
      return parseList(bare) ?? bare;
    case 'text':
    case 'choice':
      return bare;
  }
}

function parseNumber(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text);
  const factor = units[match?.[2]?.toLowerCase() ?? ''];
  return match === null || factor === undefined ? undefined : Number(match[1]) * factor;
}

function parseList(text: string): readonly unknown[] | undefined {
  if (!text.startsWith('[')) return text === '' ? [] : text.split(',').map((name) => name.trim());
  const parsed = parseJson(text);
  return parsed.ok && Array.isArray(parsed.value) ? parsed.value : undefined;
}
