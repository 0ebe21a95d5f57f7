// What the value of a setting must be, in words; and how a text from the environment, a flag or a command line becomes one.
import { oneLine, parseJson } from '../base/index.ts';
import { CarrelError } from '../protocol/index.ts';
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
  if (value === null || typeof value === 'number') return String(value);
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
  if (setting === undefined || setting.secret === true)
    return typeof value === 'string' ? 'a text' : `a ${typeof value}`;
  return oneLine(JSON.stringify(value), 80);
}

const UNITS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ms: { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 },
  bytes: { '': 1, b: 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3 },
};

/**
 * The value a text stands for: `90s`, `2m` or `1500` (ms) for a duration, `64KiB` for bytes, JSON for a list, a comma
 * between plain names. `invalid_params` when it is of another kind; ranges are checked with the rest of the configuration.
 * `source` says where the text came from, to begin the message.
 */
export function fromText(
  setting: Setting,
  text: string,
  source: string,
): string | number | boolean | readonly unknown[] {
  const value = parse(setting, text.trim());
  if (value !== undefined) return value;
  const value_ = shown(text, setting);
  const message = `${source}: ${setting.key} is ${value_}; it must be ${mustBe(setting)}`;
  throw new CarrelError('invalid_params', message, { data: { key: setting.key, value: value_ } });
}

function parse(setting: Setting, text: string): string | number | boolean | readonly unknown[] | undefined {
  switch (setting.kind) {
    case 'integer':
    case 'number':
      return parseNumber(text, UNITS[setting.unit ?? ''] ?? { '': 1 });
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'list':
      return parseList(text);
    case 'text':
    case 'choice':
      return text;
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
