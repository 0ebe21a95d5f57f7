import { CarrelError } from '../protocol/errors.ts';

/** The options of one invocation, read with their kinds: what does not fit is `invalid_params` and names the option. */
export class Options {
  readonly #values: Readonly<Record<string, unknown>>;

  /** `values` by camelCase name, as commander gives them. */
  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  /** Of a flag that is on until `--no-…` is said. */
  isOff(name: string): boolean {
    return this.#values[name] === false;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  /** Every value of an option that may be repeated. */
  texts(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? (value as string[]) : [];
  }

  choice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw wrong(name, value, `one of ${choices.join(', ')}`);
    return found;
  }

  integer(name: string, range: { readonly min: number; readonly max: number }): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= range.min && number <= range.max) return number;
    throw wrong(name, value, `a whole number from ${String(range.min)} to ${String(range.max)}`);
  }

  /** Of an option that takes a `<duration>`. */
  durationMs(name: string): number | undefined {
    const value = this.#values[name];
    return typeof value === 'number' ? value : undefined;
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1m30s` in milliseconds; undefined when it is not a time or is zero. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(ms|s|m|h|d))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)(ms|s|m|h|d)/g))
    total += Number(amount) * (UNITS_MS[unit ?? ''] ?? 0);
  return total > 0 && Number.isSafeInteger(total) ? total : undefined;
}

function wrong(name: string, value: string, wanted: string): CarrelError {
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return new CarrelError('invalid_params', `--${flag} is ${JSON.stringify(value)}: give ${wanted}`, {
    data: { option: flag, value },
  });
}
