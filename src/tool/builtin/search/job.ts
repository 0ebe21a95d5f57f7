import type { ErrorInfo } from '../../../protocol/index.ts';

/** What a search thread is asked. Everything is resolved and permitted already but what the walk itself meets. */
export interface SearchJob {
  readonly kind: 'glob' | 'grep';
  /** The session's folder, real. */
  readonly root: string;
  /** Where to search, real and inside `root`: a directory, or for grep a file. */
  readonly start: string;
  readonly pattern: string;
  readonly ignoreCase: boolean;
  readonly deny: readonly string[];
  readonly skipped: readonly string[];
  readonly pageBytes: number;
}

export type SearchReply =
  | {
      readonly ok: true;
      readonly lines: readonly string[];
      readonly cut: boolean;
      readonly notes: readonly string[];
    }
  | { readonly ok: false; readonly error: ErrorInfo };
