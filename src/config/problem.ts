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

/** More than this nobody reads at once. */
const MAX_SHOWN = 10;

/** Throws `invalid_params` with every problem, a line each, and the first one's place and bounds as data; none, and it returns. */
export function refuse(problems: readonly [Problem, ...Problem[]], cause?: unknown): never;
export function refuse(problems: readonly Problem[], cause?: unknown): void;
export function refuse(problems: readonly Problem[], cause?: unknown): void {
  const [first] = problems;
  if (first === undefined) return;
  const lines = problems
    .slice(0, MAX_SHOWN)
    .map((problem) => `${describeOrigin(problem.at)}: ${stripControls(problem.message)}`);
  if (problems.length > MAX_SHOWN) lines.push(`and ${problems.length - MAX_SHOWN} more`);
  const { at, message: _message, ...rest } = first;
  const { kind: _kind, ...place } = at;
  throw new CarrelError('invalid_params', lines.join('\n'), {
    data: { ...rest, ...place },
    cause,
  });
}
