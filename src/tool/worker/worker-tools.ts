import { systemClock, type JsonObject } from '../../base/index.ts';
import { toErrorInfo } from '../../protocol/index.ts';
import { defineTool, failed, stopError } from '../builtin/define.ts';
import type { Tool, ToolContext, ToolResult } from '../port.ts';
import type { Environment } from '../sandbox/environment.ts';
import { Tracker } from '../sandbox/tracker.ts';
import { intentOf } from './intent.ts';
import type { Stray } from './messages.ts';
import { moduleUrl, WorkerPool, type Loaded } from './pool.ts';
import type { Declared } from './port.ts';
import { ToolWorker, type Ending } from './worker.ts';

export interface WorkerToolsOptions {
  /** Modules that export tools: file URLs, or absolute paths. */
  readonly modules: readonly (string | URL)[];
  /** Processes at once. Default 4. */
  readonly processes?: number;
  /** MiB of memory one call may use, heap and buffers together. Default 1024. */
  readonly memoryMb?: number;
  /** The environment of the tools, as it is. Default: none. */
  readonly environment?: Environment;
  /** Names that are taken already, such as those of other tools of the host. */
  readonly reserved?: readonly string[];
  /** Hears what nobody waits for: what a call left behind threw when it was over. */
  readonly onFault?: (fault: {
    readonly what: string;
    readonly session?: string;
    readonly error: unknown;
  }) => void;
}

/** The same as `limits.toolProcesses` and `limits.toolMemoryMb` of the configuration. */
const DEFAULT_PROCESSES = 4;
const DEFAULT_MEMORY_MB = 1024;

/** A module, or one export of it, that gives no tool. */
export interface ModuleProblem {
  readonly module: string;
  readonly message: string;
}

/** Closing ends every process; without it they end by themselves when they are idle, or with the program. */
export interface WorkerTools extends AsyncDisposable {
  readonly tools: readonly Tool[];
  readonly problems: readonly ModuleProblem[];
  /** Numbers for people and tests. */
  inspect(): WorkerPool['counts'];
  /** Takes no more calls, ends those at work, and resolves when the last process is gone. Idempotent. */
  close(): Promise<void>;
}

/**
 * Tools whose code runs in threads of processes of their own, so that it can block, leak or crash without anyone else
 * noticing. Loads each module once to ask what it declares. Never rejects: a module that cannot be used is a problem in the
 * answer, because one foreign tool must not keep a host from starting.
 */
export async function workerTools(options: WorkerToolsOptions): Promise<WorkerTools> {
  const tracker = new Tracker(systemClock);
  const { processes = DEFAULT_PROCESSES, memoryMb = DEFAULT_MEMORY_MB, environment = {} } = options;
  const onStray = (stray: Stray): void => options.onFault?.(faultOf(stray));
  const pool = new WorkerPool(
    processes,
    (module) => new ToolWorker({ module, memoryBytes: memoryMb * 2 ** 20, environment, tracker, onStray }),
  );
  const problems: ModuleProblem[] = [];
  const taken = new Set(options.reserved);
  const tools: Tool[] = [];
  const modules = options.modules.map(moduleUrl);
  const loaded = await Promise.all(modules.map((module) => load(pool, module)));
  for (const [index, { tools: declared, problems: found }] of loaded.entries()) {
    const module = modules[index] ?? '';
    problems.push(...found.map((message) => ({ module, message })));
    for (const declaration of declared) {
      const { name } = declaration;
      if (taken.has(name)) problems.push({ module, message: `there is a tool named "${name}" already` });
      else tools.push(toolOf(pool, module, declaration));
      taken.add(name);
    }
  }
  return {
    tools,
    problems,
    inspect: () => pool.counts,
    close: () => pool.close(),
    [Symbol.asyncDispose]: () => pool.close(),
  };
}

async function load(pool: WorkerPool, module: string): Promise<Omit<Loaded, 'type'>> {
  try {
    return await pool.declarations(module);
  } catch (error) {
    return { tools: [], problems: [toErrorInfo(error).message] };
  }
}

function toolOf(pool: WorkerPool, module: string, declared: Declared): Tool {
  const { name, description, parameters, access, timeoutMs } = declared;
  return defineTool<JsonObject>({
    name,
    description,
    parameters,
    access,
    idempotent: declared.idempotent ?? false,
    parallel: declared.parallel ?? false,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    intent: (args) => intentOf(declared, args),
    async run(args, { signal, progress, ...rest }) {
      const ending = await pool.run(module, { ...rest, tool: name, args }, { signal, progress });
      return resultOf(ending, signal);
    },
  });
}

/** A result that arrived stays what it is; an error that followed a stop is that stop. What is not known to be dead makes it unconfirmed. */
function resultOf(ending: Ending, signal: ToolContext['signal']): ToolResult {
  const { reaped } = ending;
  if (ending.type === 'finished' && reaped.confirmed) {
    const result = withNotes(ending.result, reaped.found);
    return result.ok || !signal.aborted ? result : { ...result, error: stopError(signal) };
  }
  const problem = signal.aborted
    ? stopError(signal)
    : { code: 'tool_failed' as const, message: problemOf(ending) };
  const result = failed(problem, 'printed' in ending ? ending.printed.trimEnd() : '');
  return reaped.confirmed ? result : { ...result, unconfirmed: true };
}

function problemOf(ending: Ending): string {
  if (ending.type === 'threw') return `it threw ${ending.message}`;
  if (ending.type === 'died') return ending.why;
  return 'it left processes behind that do not die';
}

function withNotes(result: ToolResult, leftBehind: number): ToolResult {
  if (leftBehind === 0) return result;
  return {
    ...result,
    text: `${result.text}\n[processes left running in the background were ended: ${leftBehind}]`,
  };
}

function faultOf({ session, call, tool, message }: Stray): {
  what: string;
  session?: string;
  error: unknown;
} {
  const what =
    call === undefined
      ? 'a module of tools threw outside of its calls'
      : `the call ${call} of the tool "${tool ?? ''}" left something behind that threw when it was over`;
  return { what, error: new Error(message), ...(session === undefined ? {} : { session }) };
}
