// One complaint about a configuration, and the one error that carries them all.
import { stripControls } from '../base/index.ts';
import { CarrelError } from '../protocol/index.ts';

/** Where a value came from. Lines and columns count from 1. */
export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'flag'; readonly name: string }
  /** A value that is about to be written. */
  | { readonly kind: 'edit' };

export interface Problem {
  readonly at: Origin;
  readonly message: string;
  readonly key?: string;
  readonly value?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

export function describeOrigin(origin: Origin): string {
  switch (origin.kind) {
    case 'default':
      return 'default';
    case 'file':
      return `${origin.file}:${origin.line}:${origin.column}`;
    case 'environment':
      return `environment ${origin.name}`;
    case 'flag':
      return `flag ${origin.name}`;
    case 'edit':
      return 'the new value';
  }
}

/** More than this nobody reads at once; and locating each of a hostile file's hundred thousand would take minutes. */
export const MAX_PROBLEMS = 10;

/**
 * Throws `invalid_params` with the problems, a line each in the order of their places, and the first one's place and bounds
 * as data; none, and it returns.
 */
export function refuse(problems: readonly [Problem, ...Problem[]], cause?: unknown): never;
export function refuse(problems: readonly Problem[], cause?: unknown): void;
export function refuse(problems: readonly Problem[], cause?: unknown): void {
  const sorted = problems.toSorted((a, b) => placeOf(a) - placeOf(b));
  const [first] = sorted;
  if (first === undefined) return;
  const lines = sorted
    .slice(0, MAX_PROBLEMS)
    .map(({ at, message }) => `${describeOrigin(at)}: ${stripControls(message)}`);
  if (sorted.length >= MAX_PROBLEMS) lines.push('(and perhaps more)');
  const { at, message: _message, ...rest } = first;
  const { kind: _kind, ...place } = at;
  throw new CarrelError('invalid_params', lines.join('\n'), { data: { ...rest, ...place }, cause });
}

/** Orders places of one file; a file of 1 MiB has no column above 2^21. */
function placeOf({ at }: Problem): number {
  return at.kind === 'file' ? at.line * 2 ** 21 + at.column : 0;
}
