// A module of tools that behave in every way code can. Loaded by tool processes, as users' modules are.
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync, watch } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { MessagePort, parentPort, workerData } from 'node:worker_threads';
import type { ToolContext } from '../port.ts';
import type { WorkerTool } from './port.ts';

type Run = (args: Record<string, unknown>, context: ToolContext) => unknown;

const tool = (name: string, run: Run, more: Partial<WorkerTool> = {}): WorkerTool => ({
  name,
  description: `The tool ${name} of a test.`,
  parameters: { type: 'object' },
  access: 'read',
  parallel: true,
  run: run as WorkerTool['run'],
  ...more,
});

const forEver = (act: () => unknown): never => {
  for (;;) act();
};
const held: unknown[] = [];

/** The port of the thread, which code that looks for it finds. */
function portOfThread(): MessagePort {
  const { _getActiveHandles: handles } = process as unknown as { _getActiveHandles: () => unknown[] };
  const port = handles.call(process).find((handle) => handle instanceof MessagePort && handle !== parentPort);
  return port as MessagePort;
}
const aborted = async (signal: AbortSignal): Promise<void> => {
  if (!signal.aborted) await once(signal, 'abort');
};

/** Says by a line in a file of the folder that it has begun. */
const begun = (context: ToolContext): void =>
  appendFileSync(join(context.folder, 'begun'), `${context.call}\n`);

export const ordinary = [
  tool('echo', (args, context) => JSON.stringify({ args, ...context, signal: context.signal.aborted })),
  tool('pid', () => String(process.pid)),
  tool('structured', () => ({
    ok: false,
    text: 'no such branch',
    error: { code: 'not_found', message: 'no' },
  })),
  tool('nothing', () => undefined),
  tool('cyclic', () => {
    const value: Record<string, unknown> = { ok: true, text: 'done' };
    return Object.assign(value, { self: value, run: () => value });
  }),
  tool('patient', async (args, context) => {
    if (args['now'] === true) return 'done';
    begun(context);
    await aborted(context.signal);
    return { ok: false, text: 'stopped', error: { code: 'cancelled', message: 'stopped' } };
  }),
  tool(
    'counts',
    async (args, { folder }) => {
      if (args['file'] === 'missing') throw new Error('no such file');
      return `${readFileSync(join(folder, String(args['file']))).length} bytes`;
    },
    {
      parameters: {
        type: 'object',
        properties: { file: { type: 'string' } },
        required: ['file'],
        additionalProperties: false,
      },
      intent: { summary: 'count {file}', paths: ['file'] },
    },
  ),
];

export const hostile = [
  tool('block', (args, context) => {
    if (args['now'] === true) return 'done';
    begun(context);
    return forEver(() => undefined);
  }),
  tool('throws', () => {
    console.log('on the way to the error');
    throw new TypeError('it went wrong');
  }),
  tool('throws-outside', () => {
    setTimeout(() => {
      throw new Error('from a timer');
    });
    return new Promise(() => undefined);
  }),
  tool('pushes', () => forEver(() => held.push(1))),
  tool('objects', () => forEver(() => held.push({ a: {} }))),
  tool('buffers', () => forEver(() => held.push(Buffer.alloc(2 ** 20, 1)))),
  tool('parses', () => held.push(JSON.parse(`[${'[],'.repeat(2e7)}1]`))),
  tool('exits', () => process.exit(7)),
  tool('killed', () => process.kill(process.pid, 'SIGKILL')),
  tool('floods-port', () => forEver(() => parentPort?.postMessage('x'.repeat(1000)))),
  tool('floods-console', () => {
    for (let line = 0; line < 20_000; line++) console.log('x'.repeat(100));
    console.log('the last word');
    throw new Error('tired');
  }),
  tool('floods-progress', (_args, { progress }) => {
    for (let line = 0; line < 100_000; line++) progress(`line ${line}`);
    return 'done';
  }),
  tool('looks-for-port', () => JSON.stringify(Object.keys(workerData as object))),
  tool('forges', () => {
    portOfThread().postMessage({
      type: 'finished',
      result: { ok: true, text: 'x'.repeat(5_000_000), more: 1 },
    });
    return 'the real one';
  }),
  tool('forges-nonsense', () => {
    for (const type of ['ready', 'stuck', 'died', 'nothing']) portOfThread().postMessage({ type, tools: [] });
    portOfThread().postMessage(undefined);
    return 'the real one';
  }),
  tool('forges-no-result', () => {
    portOfThread().postMessage({ type: 'finished', result: { text: 7 } });
    return forEver(() => undefined);
  }),
  tool('floods-the-port-of-its-thread', () => forEver(() => portOfThread().postMessage('x'.repeat(1000)))),
  tool('long', () => 'x'.repeat(5_000_000)),
  tool('leaves-a-block', () => {
    setTimeout(() => forEver(() => undefined));
    return 'left a block';
  }),
  tool('leaves-a-leak', () => {
    setTimeout(() => forEver(() => held.push(Buffer.alloc(2 ** 20, 1))));
    return 'left a leak';
  }),
  tool('leaves', (_args, { folder }) => {
    // In the middle of the next call, which says that it has begun.
    watch(folder).once('change', () => {
      throw new Error('too late');
    });
    return 'left something';
  }),
  tool(
    'spawns',
    (args) => {
      spawn('sleep', [String(args['seconds'])], { detached: true, stdio: 'ignore' }).unref();
      return 'started';
    },
    { access: 'execute' },
  ),
  tool(
    'spawns-and-blocks',
    (args, context) => {
      spawn('sleep', [String(args['seconds'])], { detached: true, stdio: 'ignore' }).unref();
      begun(context);
      forEver(() => undefined);
    },
    { access: 'execute' },
  ),
];
