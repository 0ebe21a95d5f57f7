// Tools that behave badly, or well, exactly as a test says.
import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { deferred, type Deferred, type JsonObject } from '../base/index.ts';
import type { Access } from '../protocol/index.ts';
import type { Tool, ToolContext, ToolResult } from '../tool/index.ts';

export interface TestToolOptions {
  readonly name: string;
  /** Default `read`. */
  readonly access?: Access;
  /** Default false. */
  readonly idempotent?: boolean;
  /** Default false. */
  readonly parallel?: boolean;
  /** Default: an object with anything in it. */
  readonly parameters?: JsonObject;
  readonly timeoutMs?: number;
  /** A text is an `ok` result. Default: `done`. */
  readonly run?: (
    args: JsonObject,
    context: ToolContext,
  ) => string | ToolResult | Promise<string | ToolResult>;
}

/** A tool made of a plain function. What the function throws, the tool throws. */
export function testTool(options: TestToolOptions): Tool {
  const { name, run = () => 'done', timeoutMs } = options;
  return {
    name,
    description: `The test tool ${name}.`,
    parameters: options.parameters ?? { type: 'object' },
    access: options.access ?? 'read',
    idempotent: options.idempotent ?? false,
    parallel: options.parallel ?? false,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    intent: (args) => ({ summary: `${name} ${JSON.stringify(args)}`, paths: [] }),
    async run(args, context) {
      const result = await run(args, context);
      return typeof result === 'string' ? { ok: true, text: result } : result;
    },
  };
}

/** One run that a ledger tool wrote down. */
export interface LedgerLine {
  readonly call: string;
  readonly session: string;
  readonly args: JsonObject;
  readonly pid: number;
}

/**
 * Appends one synced line to `file` for every run before it answers, so that a second run shows, whatever dies. Two lines of one
 * call are allowed only where the tool is idempotent.
 */
export function ledgerTool(file: string, options: Partial<TestToolOptions> = {}): Tool {
  return testTool({
    name: 'ledger',
    access: 'write',
    ...options,
    run: async (args, context) => {
      appendSynced(file, { call: context.call, session: context.session, args, pid: process.pid });
      return (await options.run?.(args, context)) ?? 'written down';
    },
  });
}

function appendSynced(file: string, line: LedgerLine): void {
  const fd = openSync(file, 'a');
  try {
    writeSync(fd, `${JSON.stringify(line)}\n`);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Every run in the order of their beginning; empty when there was none. */
export function readLedger(file: string): readonly LedgerLine[] {
  const fd = openSync(file, 'a+');
  try {
    const lines = readFileSync(fd, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as LedgerLine);
  } finally {
    closeSync(fd);
  }
}

export interface BlockingTool extends Tool {
  /** The call that is running, or the next one to run. */
  started(): Promise<ToolContext>;
  /** Lets the running call, or the next one, end with this text (or error, when it is a result). */
  release(result?: string | ToolResult): void;
}

/** Blocks until it is released or aborted. A `deaf` one does not hear the abort. Runs one call at a time. */
export function blockingTool({
  deaf = false,
  ...options
}: Partial<TestToolOptions> & { readonly deaf?: boolean } = {}): BlockingTool {
  let started: Deferred<ToolContext> = deferred();
  let released: Deferred<string | ToolResult> = deferred();
  const tool = testTool({
    name: 'block',
    access: 'execute',
    ...options,
    run: async (_args, context) => {
      started.resolve(context);
      const result = await Promise.race([released.promise, ...(deaf ? [] : [aborted(context.signal)])]);
      [started, released] = [deferred(), deferred()];
      return result;
    },
  });
  return {
    ...tool,
    started: () => started.promise,
    release: (result = 'released') => released.resolve(result),
  };
}

const ABORTED: ToolResult = {
  ok: false,
  text: 'aborted',
  error: { code: 'cancelled', message: 'the tool was aborted' },
  retryable: false,
};

function aborted(signal: AbortSignal): Promise<ToolResult> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(ABORTED);
    signal.addEventListener('abort', () => resolve(ABORTED), { once: true });
  });
}

/** Throws, which no tool should. */
export function throwingTool(message = 'the tool threw', options: Partial<TestToolOptions> = {}): Tool {
  return testTool({ name: 'throw', ...options, run: () => Promise.reject(new Error(message)) });
}

/** Ends with an error result. */
export function failingTool(message = 'the tool failed', options: Partial<TestToolOptions> = {}): Tool {
  const result: ToolResult = {
    ok: false,
    text: message,
    error: { code: 'tool_failed', message },
    retryable: false,
  };
  return testTool({ name: 'fail', ...options, run: () => result });
}

/** Answers with `bytes` of text in lines of 64, whatever the cap says, and reports each 1,000th line as progress. */
export function floodingTool(bytes: number, options: Partial<TestToolOptions> = {}): Tool {
  return testTool({
    name: 'flood',
    ...options,
    run: (_args, context) => {
      const lines = Math.ceil(bytes / 64);
      for (let line = 0; line < lines; line += 1000) context.progress(`line ${line}`);
      return `${'water'.padEnd(63, '~')}\n`.repeat(lines).slice(0, bytes);
    },
  });
}
