// Hands changes to the writer's thread, a flush at a time: what arrives while one is being synced goes together into the next.
import { Worker } from 'node:worker_threads';
import { deferred, type Clock, type Deferred } from '../../base/index.ts';
import { CarrelError, fromErrorInfo, toErrorInfo, type ErrorInfo } from '../../protocol/errors.ts';
import type { Answer, Change, Flush, Flushed, Needs, Request } from './requests.ts';

/** More than every session of a full host having something to write at once, several times over. */
const MAX_WAITING = 16_384;
const RETRY_AFTER_MS = 1000;

/** `.ts` from source, `.js` once built. */
const THREAD = new URL(`./worker${import.meta.url.slice(-3)}`, import.meta.url);

interface Waiting {
  readonly request: Request;
  readonly answer: Deferred<Answer>;
}

/** What the thread works with is gone after each flush; the platform would let it fill several times as much first. */
const YOUNG_MB = 8;

/** Inherited, but where the program was given as text: a thread refuses the flag that says so, and to be given those of the engine. */
function flags(): { readonly execArgv?: string[] } {
  const isText = process.execArgv.some((flag) => flag.startsWith('--input-type'));
  return isText ? { execArgv: [] } : {};
}

export class Writer {
  readonly #path: string;
  readonly #clock: Clock;
  readonly #thread: URL;
  #worker: Worker | undefined;
  #waiting: Waiting[] = [];
  #flying: Waiting[] = [];
  #idle: Deferred<void> | undefined;
  #error: ErrorInfo | undefined;
  /** The last place of the feed that was written, once those who wrote it are told. */
  place = 0;

  /** Starts the thread, which does not keep the process alive but while it writes. */
  constructor(path: string, clock: Clock, thread = THREAD) {
    this.#path = path;
    this.#clock = clock;
    this.#thread = thread;
    this.#worker = this.#start();
    this.#worker.unref();
  }

  /** Why nothing can be written, until something was. */
  get error(): ErrorInfo | undefined {
    return this.#error;
  }

  /** Resolves when the change is synced. Rejects with its refusal, `store_unavailable`, or `overloaded` when too many wait. */
  send<C extends Change>(change: C, needs: Needs<C>): Promise<Answer<C>> {
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(overloaded());
    const answer = deferred<Answer>();
    this.#waiting.push({ request: { change, needs }, answer });
    // What comes in the same turn of the event loop goes together.
    if (this.#waiting.length === 1) setImmediate(() => this.#fly());
    return answer.promise;
  }

  /** Writes what waits, then ends the thread. Nothing may be sent afterwards. Idempotent. */
  async close(): Promise<void> {
    if (this.#flying.length > 0 || this.#waiting.length > 0) await (this.#idle ??= deferred<void>()).promise;
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    worker.removeAllListeners();
    // Everything is written: how the thread ends is nobody's concern any more.
    worker.on('error', () => undefined);
    worker.ref();
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('close');
    await exited;
  }

  #fly(): void {
    if (this.#flying.length > 0) return;
    if (this.#waiting.length === 0) {
      this.#worker?.unref();
      this.#idle?.resolve();
      return;
    }
    this.#flying = this.#waiting;
    this.#waiting = [];
    this.#worker ??= this.#start();
    this.#worker.ref();
    const flush: Flush = { now: this.#clock.now(), requests: this.#flying.map(({ request }) => request) };
    this.#worker.postMessage(flush);
  }

  #start(): Worker {
    const worker = new Worker(this.#thread, {
      workerData: this.#path,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      ...flags(),
    });
    worker.on('message', (flushed: Flushed) => this.#land(flushed));
    worker.once('error', (error) => this.#crash(worker, error));
    worker.once('exit', () => this.#crash(worker, undefined));
    return worker;
  }

  #land({ replies, place, trouble }: Flushed): void {
    this.#error = trouble;
    this.place = place ?? this.place;
    const landed = this.#flying;
    this.#flying = [];
    for (const [index, { answer }] of landed.entries()) {
      const reply = replies[index];
      if (reply === undefined) answer.reject(new TypeError('the writer left a change without a reply'));
      else if ('error' in reply) answer.reject(fromErrorInfo(reply.error, reply.cause));
      else answer.resolve(reply.answer);
    }
    this.#fly();
  }

  /** What was in flight may be written or not; whoever repeats it with the same `appendId` or command will learn. */
  #crash(worker: Worker, cause: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    const error = new CarrelError(
      'store_unavailable',
      `The thread that writes ${this.#path} ended. Ask again.`,
      { cause },
    );
    this.#error = toErrorInfo(error);
    const lost = this.#flying;
    this.#flying = [];
    for (const { answer } of lost) answer.reject(error);
    this.#fly();
  }
}

function overloaded(): CarrelError {
  return new CarrelError(
    'overloaded',
    `${MAX_WAITING} changes wait for the store already. Ask again in ${RETRY_AFTER_MS} ms.`,
    { data: { retryAfterMs: RETRY_AFTER_MS } },
  );
}
