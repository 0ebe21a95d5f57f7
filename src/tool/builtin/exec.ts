import type { ErrorInfo } from '../../protocol/index.ts';
import type { Tool, ToolContext, ToolResult } from '../port.ts';
import type { CommandEnd, Sandbox } from '../sandbox/sandbox.ts';
import { defineTool, done, failed, stopError } from './define.ts';

interface ExecArgs {
  readonly command: string;
  readonly timeoutMs?: number;
}

/** Linux takes 128 KiB of one argument. */
const MAX_COMMAND = 100_000;
/** Room in the output for the lines that say how it ended. */
const NOTE_BYTES = 256;

/** Runs a shell command. An exit code other than 0 is an error, so that a batch of calls stops where a script would. */
export const execTool = (sandbox: Sandbox): Tool =>
  defineTool<ExecArgs>({
    name: 'exec',
    description:
      'Run a shell command in the session folder. It gets no input. Everything it starts is ended with it, so start no servers in the background.',
    parameters: {
      type: 'object',
      properties: {
        command: { type: 'string', minLength: 1, maxLength: MAX_COMMAND, pattern: '^[^\\u0000]*$' },
        timeoutMs: {
          type: 'integer',
          minimum: 1,
          maximum: 86_400_000,
          description: 'Ends the command earlier than the time limit of the session would.',
        },
      },
      required: ['command'],
      additionalProperties: false,
    },
    access: 'execute',
    idempotent: false,
    parallel: false,
    intent: ({ command }) => ({ summary: `exec ${command}`, paths: [], command }),
    async run({ command, timeoutMs }, context) {
      const { folder, progress, outputBytes } = context;
      const signal = limited(context.signal, timeoutMs);
      const end = await sandbox.run({
        command,
        folder,
        signal,
        progress,
        outputBytes: outputBytes - NOTE_BYTES,
      });
      return present(end, problemOf(end, signal));
    },
  });

function limited(signal: ToolContext['signal'], timeoutMs: number | undefined): AbortSignal {
  return timeoutMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
}

function problemOf(end: CommandEnd, signal: AbortSignal): ErrorInfo | undefined {
  if (end.aborted) return stopError(signal);
  if (end.signal !== null) return toolFailed(`the command was ended by ${end.signal}`);
  if (end.exitCode !== 0) return toolFailed(`the command ended with exit code ${String(end.exitCode)}`);
  if (!end.confirmed) return toolFailed('the command left processes behind that do not die');
  return undefined;
}

function toolFailed(message: string): ErrorInfo {
  return { code: 'tool_failed', message };
}

function present(end: CommandEnd, problem: ErrorInfo | undefined): ToolResult {
  const lines = [end.output.replace(/\n$/, '')].filter((text) => text !== '');
  if (problem === undefined) lines.push('[exit code 0]');
  if (end.leftBehind > 0 && !end.aborted)
    lines.push(`[processes left running in the background were ended: ${end.leftBehind}]`);
  const text = lines.join('\n');
  if (problem === undefined) return done(text, end.cut);
  const result = failed(problem, text);
  return { ...result, ...(end.cut ? { cut: true } : {}), ...(end.confirmed ? {} : { unconfirmed: true }) };
}
