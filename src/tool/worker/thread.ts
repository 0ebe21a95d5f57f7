// The entry of the thread that a tool's code runs in. What the code does to this thread (blocks it, fills it, throws in it
// long after its call) is seen from outside; here calls are taken one by one and what they throw is told apart.
import { AsyncLocalStorage } from 'node:async_hooks';
import { workerData } from 'node:worker_threads';
import { cutEnd } from '../../base/index.ts';
import { CarrelError } from '../../protocol/errors.ts';
import { declarationOf, toolsOf } from './declare.ts';
import {
  CLAIM,
  MESSAGE_LENGTH,
  type ThreadData,
  type ThreadReport,
  type ThreadRequest,
  type ToolCall,
} from './messages.ts';
import { describe, resultOf } from './outcome.ts';
import type { WorkerTool } from './port.ts';

interface Running {
  readonly call: ToolCall;
  readonly controller: AbortController;
}

const { port, module, claim } = workerData as ThreadData;
// What the module imports from here on finds none of it.
for (const key of Object.keys(workerData as object)) Reflect.deleteProperty(workerData as object, key);
const tools = new Map<string, WorkerTool>();
/** Whose code is running. Where Node does not carry it into the handlers of strays, the newest call is taken for it. */
const owner = new AsyncLocalStorage<Running>();
let running: Running | undefined;
let newest: Running | undefined;
/** Progress goes one text at a time; the newest waits until the last has been passed on. */
const progress: { underWay: boolean; next: string | undefined } = { underWay: false, next: undefined };

function tell(report: ThreadReport): void {
  port.postMessage(report);
}

function settle(of: Running, report: ThreadReport): void {
  // What the code does after its call was settled is no result.
  if (running !== of) return;
  running = undefined;
  progress.next = undefined;
  tell(report);
}

async function run(call: ToolCall): Promise<void> {
  const mine: Running = { call, controller: new AbortController() };
  running = mine;
  newest = mine;
  await owner.run(mine, async () => {
    try {
      const { tool: name, args, ...rest } = call;
      const tool = tools.get(name);
      if (tool === undefined) throw new Error(`the module has no tool "${name}" any more`);
      const value = await tool.run(args, { ...rest, signal: mine.controller.signal, progress: show });
      settle(mine, { type: 'finished', result: resultOf(value, call.outputBytes) });
    } catch (error) {
      // What it printed on the way tells more than the error, and would come too late.
      await new Promise((flushed) => process.stderr.write('', flushed));
      await new Promise((flushed) => process.stdout.write('', flushed));
      settle(mine, { type: 'threw', message: describe(error) });
    }
  });
}

function show(text: unknown): void {
  const shown = cutEnd(String(text), MESSAGE_LENGTH);
  if (progress.underWay) progress.next = shown;
  else tell({ type: 'progress', text: shown });
  progress.underWay = true;
}

function onShown(): void {
  const { next } = progress;
  Object.assign(progress, { underWay: false, next: undefined });
  if (next !== undefined) show(next);
}

function onStray(error: unknown): void {
  const of = owner.getStore() ?? newest;
  const message = describe(error);
  if (of !== undefined && of === running) settle(of, { type: 'threw', message });
  else if (of === undefined) tell({ type: 'stray', message });
  else {
    const { session, call, tool } = of.call;
    tell({ type: 'stray', session, call, tool, message });
  }
}

process.on('uncaughtException', onStray).on('unhandledRejection', onStray);
port.on('message', (request: ThreadRequest) => {
  if (request.type === 'run') {
    if (Atomics.compareExchange(claim, 0, CLAIM.offered, CLAIM.taken) === CLAIM.offered)
      void run(request.call);
  } else if (request.type === 'shown') onShown();
  else running?.controller.abort(new CarrelError(request.code, `the call was stopped: ${request.code}`));
});

try {
  const exported = toolsOf((await import(module)) as Readonly<Record<string, unknown>>);
  for (const tool of exported.tools) tools.set(tool.name, tool);
  tell({ type: 'ready', tools: exported.tools.map(declarationOf), problems: exported.problems });
} catch (error) {
  tell({ type: 'threw', message: describe(error) });
}
