import { oneLine, type JsonObject } from '../../base/index.ts';
import { codeOf, ERRORS, toErrorInfo, type ErrorInfo } from '../../protocol/index.ts';
import { fileError, systemCode } from '../file-error.ts';
import type { Tool, ToolContext, ToolIntent, ToolResult } from '../port.ts';

/** Characters of a summary that a human can take in at a glance. */
const SUMMARY_LENGTH = 200;

/** A tool whose arguments have a type. They were checked against `parameters` before, so the type is what they are. */
export interface Definition<Args> extends Omit<Tool, 'intent' | 'run'> {
  readonly intent: (args: Args) => ToolIntent;
  /** May throw: that becomes the error result. */
  readonly run: (args: Args, context: ToolContext) => Promise<ToolResult>;
}

/** Makes a tool that never throws and never starts under an aborted signal. */
export function defineTool<Args>({ intent, run, ...rest }: Definition<Args>): Tool {
  return {
    ...rest,
    intent: (args: JsonObject) => {
      const { summary, ...touched } = intent(args as Args);
      return { summary: oneLine(summary, SUMMARY_LENGTH), ...touched };
    },
    async run(args: JsonObject, context: ToolContext): Promise<ToolResult> {
      try {
        if (context.signal.aborted) return failed(stopError(context.signal));
        return await run(args as Args, context);
      } catch (error) {
        return failed(context.signal.aborted ? stopError(context.signal) : describe(error));
      }
    },
  };
}

export function done(text: string, cut = false): ToolResult {
  return cut ? { ok: true, text, cut } : { ok: true, text };
}

/** `output` is what there is to show besides the error. */
export function failed(error: ErrorInfo, output = ''): ToolResult & { ok: false } {
  const text = output === '' ? `error: ${error.message}` : `${output}\n[error: ${error.message}]`;
  return { ok: false, text, error, retryable: ERRORS[error.code].retry === 'later' };
}

/** What an abort means: what its reason says when that is an error of ours, `timeout` for a deadline, else `cancelled`. */
export function stopError(signal: AbortSignal): ErrorInfo {
  const reason: unknown = signal.reason;
  const code = codeOf(reason);
  if (code === 'timeout' || code === 'cancelled') return toErrorInfo(reason);
  return reason instanceof DOMException && reason.name === 'TimeoutError'
    ? {
        code: 'timeout',
        message: 'the time limit passed before the call ended: do less in one call, or raise the limit',
      }
    : { code: 'cancelled', message: 'the call was cancelled before it ended' };
}

function describe(error: unknown): ErrorInfo {
  return toErrorInfo(
    systemCode(error) !== undefined && codeOf(error) === 'internal' ? fileError(error, pathOf(error)) : error,
  );
}

function pathOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'path' in error ? String(error.path) : 'the file';
}
