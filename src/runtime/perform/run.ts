// Run a tool whose intent is in the journal, and say how it really ended. Never throws.
import { toErrorInfo } from '../../protocol/index.ts';
import type { MessageArgs, Tool, ToolResult } from '../../tool/index.ts';
import type { Effect, EffectCommand } from '../../session/index.ts';
import { keepOutput } from '../output.ts';
import { message } from '../children/message.ts';
import type { ChildWork } from '../children/others.ts';
import type { Scope } from '../scope.ts';
import { judgement } from './prepare.ts';
import { patientConversation } from './reading.ts';
import { Stop, stopReason, type Work } from './view.ts';

type Run = Extract<Effect, { kind: 'run' }>;
type Judge = Extract<Effect, { kind: 'judge' }>;
type Finished = Extract<EffectCommand, { type: 'call/finished' }>;

/** How long a tool may take to settle after it was stopped; then nobody knows how it ended. */
const SETTLE_MS = 5_000;

export async function judge(work: Work, { call }: Judge, signal: AbortSignal): Promise<EffectCommand> {
  const piece = (await patientConversation(work, signal)).call(call);
  const tool = piece === undefined ? undefined : await toolOf(work, piece.tool);
  if (piece === undefined || tool === undefined) {
    const why = `the tool ${piece?.tool ?? 'of this call'} does not exist any more`;
    return { type: 'call/judged', call, judgement: { kind: 'deny', why, summary: piece?.tool ?? call } };
  }
  return { type: 'call/judged', call, judgement: await judgement(work, tool, piece.args) };
}

/** Stopped between the intent and the start: the one case where it is certain that nothing ran. */
export function neverBegan(call: string): EffectCommand {
  const text = 'It was stopped before it began.';
  return { type: 'call/finished', call, status: 'cancelled', output: { text, bytes: text.length } };
}

export async function run(work: ChildWork, { call, seq }: Run, signal: AbortSignal): Promise<EffectCommand> {
  const { scope, view } = work;
  const conversation = await unlessStopped(patientConversation(work, signal), signal);
  if (conversation === undefined) return neverBegan(call);
  const piece = conversation.call(call);
  const tool = piece === undefined ? undefined : await toolOf(work, piece.tool);
  if (piece === undefined || tool === undefined) {
    const message = `The tool ${piece?.tool ?? ''} does not exist any more.`;
    return finished(work, call, {
      status: 'error',
      text: message,
      error: { code: 'not_found', message, retryable: false },
    });
  }
  let slot: Disposable;
  try {
    slot = await scope.admission.call(tool.name, view.id, signal);
  } catch (error) {
    if (signal.aborted) return neverBegan(call);
    const info = { ...toErrorInfo(error), retryable: true };
    return finished(work, call, { status: 'error', text: info.message, error: info });
  }
  using _slot = slot;
  return await runUnderSlot(work, { call, seq, tool, args: piece.args }, signal);
}

async function toolOf({ scope, view }: Work, name: string): Promise<Tool | undefined> {
  return (await scope.equip(view.state.folder)).tools.get(name);
}

/** Nothing when the signal came first. */
async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

interface Asked {
  readonly call: string;
  readonly seq: number;
  readonly tool: Tool;
  readonly args: Parameters<Tool['run']>[0];
}

async function runUnderSlot(
  work: ChildWork,
  { call, seq, tool, args }: Asked,
  signal: AbortSignal,
): Promise<EffectCommand> {
  const { scope, view } = work;
  const startedAt = scope.clock.monotonic();
  const { deny, limits } = view.state.profile;
  const { toolTimeoutMs, toolOutputBytes, toolContextBytes } = limits;
  const deadline = new AbortController();
  using _timer = scope.clock.after(tool.timeoutMs ?? toolTimeoutMs, () =>
    deadline.abort(new Stop('timeout')),
  );
  const either = AbortSignal.any([signal, deadline.signal]);
  const context = {
    session: view.id,
    call,
    folder: view.state.folder,
    signal: either,
    outputBytes: toolOutputBytes,
    shownBytes: toolContextBytes,
    deny: deny.paths,
    files: scope.files.of({ session: view.id, name: view.state.name }),
    progress: () => undefined,
  };
  const running =
    tool.kind === 'message'
      ? message(work, { seq }, args as unknown as MessageArgs)
      : runTool(tool, args, context);
  const result = await settle(scope, either, running);
  const tookMs = Math.round(scope.clock.monotonic() - startedAt);
  return finished(work, call, { ...ending(result, either), tookMs });
}

async function runTool(
  tool: Tool,
  args: Parameters<Tool['run']>[0],
  context: Parameters<Tool['run']>[1],
): Promise<ToolResult> {
  try {
    return await tool.run(args, context);
  } catch (error) {
    const info = { ...toErrorInfo(error), code: 'tool_failed' as const };
    return { ok: false, text: `${tool.name} failed: ${info.message}`, error: info, retryable: false };
  }
}

/** The tool's own result, or word that it did not settle after it was stopped. */
async function settle(scope: Scope, signal: AbortSignal, work: Promise<ToolResult>): Promise<ToolResult> {
  const { promise: lost, resolve } = Promise.withResolvers<ToolResult>();
  const message = `It did not end within ${String(SETTLE_MS)} ms after it was stopped.`;
  let timer: Disposable | undefined;
  const onAbort = (): void => {
    timer = scope.clock.after(SETTLE_MS, () =>
      resolve({
        ok: false,
        text: message,
        error: { code: 'timeout', message },
        retryable: false,
        unconfirmed: true,
      }),
    );
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, lost]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    timer?.[Symbol.dispose]();
  }
}

interface Ending {
  readonly status: Finished['status'];
  readonly text: string;
  readonly error?: Finished['error'];
  readonly tookMs?: number;
}

/** A result that arrived first stays what it is; what could not be confirmed dead is unknown; else the stop's own word. */
function ending(result: ToolResult, signal: AbortSignal): Ending {
  if (result.ok) return { status: 'ok', text: result.text };
  const { text, error, retryable, unconfirmed } = result;
  const why = signal.aborted ? stopReason(signal) : undefined;
  const status =
    unconfirmed === true
      ? 'unknown'
      : why === undefined
        ? statusOf(error.code)
        : why === 'timeout'
          ? 'timeout'
          : 'cancelled';
  return { status, text, error: { ...error, retryable } };
}

function statusOf(code: string): Finished['status'] {
  return code === 'timeout' ? 'timeout' : code === 'cancelled' ? 'cancelled' : 'error';
}

async function finished(
  { scope, view }: Work,
  call: string,
  { status, text, error, tookMs }: Ending,
): Promise<EffectCommand> {
  const { toolOutputBytes, toolContextBytes } = view.state.profile.limits;
  const output = await keepOutput(scope, text, { keep: toolOutputBytes, show: toolContextBytes });
  return {
    type: 'call/finished',
    call,
    status,
    output,
    ...(error === undefined ? {} : { error }),
    ...(tookMs === undefined ? {} : { tookMs }),
  };
}
