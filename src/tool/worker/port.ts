// What the author of a module writes. Nothing of it needs Carrel at run time: `import type` is enough.
import type { JsonObject } from '../../base/index.ts';
import type { Access } from '../../protocol/index.ts';
import type { ToolContext, ToolResult } from '../port.ts';

/**
 * What a call would do, as data, because the host fills it in while others wait. `{name}` in the summary stands for the
 * argument of that name; `paths` and `command` name arguments.
 */
export interface IntentTemplate {
  /** Default: the tool's name and its arguments. */
  readonly summary?: string;
  /** Arguments that hold a path, or a list of paths. A path that is not named here is not judged. */
  readonly paths?: readonly string[];
  /** The argument that holds a command it would run. */
  readonly command?: string;
}

/** One tool of a module: every export is one, or a list of them. */
export interface WorkerTool {
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly parameters: JsonObject;
  readonly access: Access;
  /** Default false. */
  readonly idempotent?: boolean;
  /** Default false. */
  readonly parallel?: boolean;
  /** Overrides the session's tool timeout; ms. Waiting for a free process counts. */
  readonly timeoutMs?: number;
  readonly intent?: IntentTemplate;
  /** A text is a result that went well. What it throws becomes an error result. */
  run(args: JsonObject, context: ToolContext): string | ToolResult | Promise<string | ToolResult>;
}

/** A tool without its code. */
export type Declared = Omit<WorkerTool, 'run'>;
