// Do one thing in the world, with permission.
import type { JsonObject } from '../base/index.ts';
import type { Access, ErrorInfo, Grant, Mode } from '../protocol/index.ts';
import type { SessionFiles } from './file-locks.ts';

export interface ToolContext {
  readonly session: string;
  readonly call: string;
  /** Absolute, resolved: the session's folder. A tool's paths resolve inside it and never escape. */
  readonly folder: string;
  /** Aborts on cancel, timeout and stop. A tool settles soon after, when what it started is gone. */
  readonly signal: AbortSignal;
  /** Bytes of output that are kept at most; a tool that can, stops collecting there. */
  readonly outputBytes: number;
  /** Bytes of output that the model is shown at once; a tool that gives pages makes them this large. Default 16 KiB. */
  readonly shownBytes?: number;
  /** Paths (globs in the folder) that are denied: `judge` refuses those a call names, a walk must leave out those it meets. */
  readonly deny?: readonly string[];
  /** What other sessions of the host do with files; left out, nobody is asked. */
  readonly files?: SessionFiles;
  /** Shows something on the way; not kept, not promised. */
  readonly progress: (text: string) => void;
}

/**
 * What a run ended with. `unconfirmed` is set when something it started could not be confirmed dead: the call is then
 * recorded `unknown`. `text` is everything for the model; the runtime cuts it and keeps the rest.
 */
export type ToolResult =
  | { readonly ok: true; readonly text: string; readonly cut?: boolean }
  | {
      readonly ok: false;
      readonly text: string;
      readonly cut?: boolean;
      readonly error: ErrorInfo;
      readonly retryable: boolean;
      readonly unconfirmed?: boolean;
    };

/** What a call would do, for permission and for people. Pure of its arguments. */
export interface ToolIntent {
  /** One line, without control characters: `edit src/a.ts`, `exec npm test`. */
  readonly summary: string;
  /** The paths it touches, as given. */
  readonly paths: readonly string[];
  /** The command it would run. */
  readonly command?: string;
}

/** One named thing an agent can do. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema (2020-12 subset) of an object; arguments are checked against it before anything else. */
  readonly parameters: JsonObject;
  readonly access: Access;
  /** May run again after a crash with the same call id, without anyone being asked. */
  readonly idempotent: boolean;
  /** May run beside other calls that say so too. */
  readonly parallel: boolean;
  /** No mode lets it through: a human is asked, unless one allowed it before. */
  readonly asks?: true;
  /** Overrides the session's tool timeout; ms. */
  readonly timeoutMs?: number;
  /** The runtime does it, by the arguments, and never calls `run`: start a child session, send to another session. */
  readonly kind?: 'spawn' | 'message';
  intent(args: JsonObject): ToolIntent;
  /** Resolves with an error result rather than throwing; a throw is recorded as `tool_failed`. */
  run(args: JsonObject, context: ToolContext): Promise<ToolResult>;
}

/** The tools of one host by name. */
export interface Tools {
  get(name: string): Tool | undefined;
  list(): readonly Tool[];
}

export interface PermissionRequest {
  readonly tool: Tool;
  readonly args: JsonObject;
  readonly folder: string;
  readonly mode: Mode;
  /** Saved allowances, of this session and of the host. */
  readonly grants: readonly Grant[];
  readonly deny: { readonly tools: readonly string[]; readonly paths: readonly string[] };
}

/** `allow`, `ask` a human, or `deny`; `why` names the rule or mode that decided. `grantPath` is what scope `path` would save. */
export interface Verdict {
  readonly kind: 'allow' | 'ask' | 'deny';
  readonly why: string;
  readonly summary: string;
  readonly grantPath?: string;
}
