// The entry of a tool's process. A thread that asks for one large piece of memory too many takes its whole process down,
// whatever limits it was given, so the thread is not the host's: it is in a process of its own. This, the process's main
// thread, stays responsive whatever the code does: it watches the memory that thread limits do not count, drops
// floods, and ends with the host.
import { writeFile } from 'node:fs';
import { MessageChannel, Worker } from 'node:worker_threads';
import { cutEnd } from '../../base/index.ts';
import {
  CLAIM,
  entry,
  memoryText,
  MESSAGE_LENGTH,
  type Report,
  type Request,
  type ThreadData,
  type ThreadRequest,
} from './messages.ts';
import { describe } from './outcome.ts';
import { Gate } from './gate.ts';

/** How often memory is looked at, ms: what a thread can allocate meanwhile is what it can go over. */
const LOOK_MS = 25;
/** Pause between two of a tool's progress texts, ms. */
const PROGRESS_MS = 100;
/** How long a thread may take to take a call after an earlier one, ms. An idle one does so at once. */
const TAKE_MS = 1000;
/** Messages of a tool during a call that are posted to nobody, or are no answer: this many is no mistake any more. */
const STRAY_MESSAGES = 1000;

function tell(report: Report): void {
  process.send?.(report, undefined, undefined, () => undefined);
}

function begin({ module, memoryBytes }: Extract<Request, { type: 'begin' }>): void {
  const { port1: port, port2 } = new MessageChannel();
  const claim = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(entry('thread'), {
    workerData: { port: port2, module, claim } satisfies ThreadData,
    transferList: [port2],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: Math.ceil(memoryBytes / 2 ** 20) },
  });
  const gate = new Gate();
  let printed = '';
  let messages = 0;
  let taking: NodeJS.Timeout | undefined;
  let revocable = false;
  const keep = (text: Buffer): void => {
    printed = cutEnd(printed + text.toString('utf8'), MESSAGE_LENGTH);
  };
  /** True when the thread had not taken the call: now it never will. */
  const revoke = (): boolean =>
    revocable && Atomics.compareExchange(claim, 0, CLAIM.offered, CLAIM.revoked) === CLAIM.offered;
  const die = (why: string): void => {
    clearInterval(watch);
    tell(revoke() ? { type: 'stuck' } : { type: 'died', why, printed });
    void worker.terminate();
  };
  // What the process itself needs is not the tool's.
  const own = process.memoryUsage.rss();
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() - own > memoryBytes) die(memoryText(memoryBytes));
  }, LOOK_MS);

  const offer = (request: Extract<Request, { type: 'run' }>): void => {
    clearTimeout(taking);
    revocable = request.revocable;
    Atomics.store(claim, 0, CLAIM.offered);
    if (revocable) taking = setTimeout(() => revoke() && tell({ type: 'stuck' }), TAKE_MS);
  };

  worker.stdout.on('data', keep);
  worker.stderr.on('data', keep);
  const count = (): void => {
    if (++messages === STRAY_MESSAGES) die('it flooded its port with messages: return a result instead');
  };
  worker.on('message', count);
  worker.on('error', (error: Error & { code?: string }) => {
    die(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? memoryText(memoryBytes) : describe(error));
  });
  worker.once('exit', (code) => die(`it ended its thread with exit code ${code}: a tool returns instead`));
  const shown = (): void => {
    gate.shown();
    port.postMessage({ type: 'shown' } satisfies ThreadRequest);
  };
  port.on('message', (message: unknown) => {
    const report = gate.take(message);
    if (report === undefined || report.type === 'stray') count();
    if (report?.type === 'progress') setTimeout(shown, PROGRESS_MS);
    if (report?.type === 'finished' || report?.type === 'threw') tell({ ...report, printed });
    else if (report !== undefined) tell(report);
  });
  process.on('message', (request: Request) => {
    if (request.type === 'begin') return;
    if (request.type === 'run') {
      printed = '';
      messages = 0;
      gate.begin(request.call);
      offer(request);
    }
    port.postMessage(request);
  });
}

// When the whole machine runs out of memory, Linux shall take this process and not the host. Elsewhere there is no such file.
writeFile('/proc/self/oom_score_adj', '1000', () => undefined);
process.once('message', (request: Request) => {
  if (request.type === 'begin') begin(request);
});
// The channel closes when the host is gone. The thread may be blocked, so nothing is asked of it.
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
