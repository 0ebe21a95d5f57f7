// What passes between the host, the process of a tool, and the thread in it. The host is told one thing at a time, each of
// bounded size, however much the tool has to say: what would flood is dropped or cut where it arises.
import type { MessagePort } from 'node:worker_threads';
import type { JsonObject } from '../../base/index.ts';
import type { ToolContext, ToolResult } from '../port.ts';
import type { Declared } from './port.ts';

/** One call, as the thread gets it. */
export interface ToolCall extends Omit<ToolContext, 'signal' | 'progress'> {
  readonly tool: string;
  readonly args: JsonObject;
}

/**
 * To the process. `run` comes when the last call has ended, and not before. A `revocable` one is taken back when the thread does
 * not take it, because something that an earlier call left behind blocks it.
 */
export type Request =
  | { readonly type: 'begin'; readonly module: string; readonly memoryBytes: number }
  | { readonly type: 'run'; readonly call: ToolCall; readonly revocable: boolean }
  | { readonly type: 'abort'; readonly code: 'cancelled' | 'timeout' };

/** To the thread. `shown`: the last progress has been passed on, another may come. */
export type ThreadRequest = Exclude<Request, { type: 'begin' }> | { readonly type: 'shown' };

/** From the thread. */
export type ThreadReport =
  | { readonly type: 'ready'; readonly tools: readonly Declared[]; readonly problems: readonly string[] }
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'finished'; readonly result: ToolResult }
  | { readonly type: 'threw'; readonly message: string }
  | Stray;

/** What a call left behind threw when it was over. Without a call: what the module did by itself. */
export interface Stray {
  readonly type: 'stray';
  readonly session?: string;
  readonly call?: string;
  readonly tool?: string;
  readonly message: string;
}

/** From the process. `printed` is the end of what was written to the console since the last call. */
export type Report =
  | Exclude<ThreadReport, { type: 'finished' | 'threw' }>
  | (Extract<ThreadReport, { type: 'finished' | 'threw' }> & { readonly printed: string })
  /** The call was taken back: it has not begun and never will. */
  | { readonly type: 'stuck' }
  | { readonly type: 'died'; readonly why: string; readonly printed: string };

export interface ThreadData {
  readonly port: MessagePort;
  /** A URL. */
  readonly module: string;
  /** One of `CLAIM`, shared with the warden: the thread takes a call or the warden takes it back, never both. */
  readonly claim: Int32Array<SharedArrayBuffer>;
}

export const CLAIM = { offered: 0, taken: 1, revoked: 2 } as const;

/** Characters of an error, of progress and of printed text that leave the process: enough to read, nothing to drown in. */
export const MESSAGE_LENGTH = 4096;

/** The file beside this one, as sources or as built. */
export function entry(name: string): URL {
  return new URL(`./${name}.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url);
}

export function memoryText(bytes: number): string {
  return `it used more memory than it may (${Math.round(bytes / 2 ** 20)} MiB): work in pieces, or raise the limit`;
}
