import { fstatSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { CarrelError } from '../protocol/errors.ts';
import type { Sink, Terminal } from './terminal.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** How long a pipe may say nothing before the person is told what is being waited for; ms. */
const QUIET_PIPE_MS = 3000;

const DEFAULT_COLUMNS = 80;

/** The terminal of this process. It is gone when a reader leaves (`| head`), which is no error, or when `stopped` aborts. */
export function processTerminal(env: Env, stopped: AbortSignal): Terminal {
  const left = new AbortController();
  const interrupts = new Set<() => void>();
  const sink = (stream: NodeJS.WriteStream): Sink => {
    const terminal = stream.isTTY;
    stream.on('error', (error: NodeJS.ErrnoException) => left.abort(error));
    return {
      terminal,
      colour: terminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
      get columns() {
        return stream.columns || DEFAULT_COLUMNS;
      },
      write: (text) => {
        if (!left.signal.aborted) stream.write(text);
      },
    };
  };
  const [out, err] = [sink(process.stdout), sink(process.stderr)];
  return {
    out,
    err,
    interactive: process.stdin.isTTY && err.terminal,
    gone: AbortSignal.any([left.signal, stopped]),
    piped: readPipe,
    ask: lineAsker(interrupts),
    onInterrupt: (listener) => listen(interrupts, listener),
  };
}

function listen(interrupts: Set<() => void>, listener: () => void): Disposable {
  const onSignal = (): void => listener();
  interrupts.add(listener);
  process.on('SIGINT', onSignal);
  return {
    [Symbol.dispose]() {
      interrupts.delete(listener);
      process.off('SIGINT', onSignal);
    },
  };
}

/** Only a pipe, a socket or a file was given on purpose; `/dev/null` and a terminal are nothing. */
function inputIsGiven(): boolean {
  try {
    const stat = fstatSync(0);
    return stat.isFIFO() || stat.isSocket() || stat.isFile();
  } catch {
    return false; // stdin is closed
  }
}

async function readPipe(limitBytes: number, quiet: () => void): Promise<string | undefined> {
  if (!inputIsGiven()) return undefined;
  const hint = setTimeout(quiet, QUIET_PIPE_MS);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      clearTimeout(hint);
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > limitBytes) throw tooLong(limitBytes);
    }
  } finally {
    clearTimeout(hint);
  }
  return decode(Buffer.concat(chunks));
}

function tooLong(limitBytes: number): CarrelError {
  return new CarrelError(
    'invalid_params',
    `the piped input is over ${String(limitBytes)} bytes: put it into a file in the folder and name the file in the prompt`,
    { data: { limitBytes } },
  );
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CarrelError(
      'invalid_params',
      'the piped input is not UTF-8 text: convert it, or name the file in the prompt',
      {
        cause,
      },
    );
  }
}

/**
 * Reads typed lines. The line editor lives for one question only, because while it lives Ctrl-C is a key and not a
 * signal; lines that came with the answer (a paste) are kept for the next questions.
 */
function lineAsker(interrupts: ReadonlySet<() => void>): Terminal['ask'] {
  const typedAhead: string[] = [];
  return (question, signal) =>
    new Promise((resolve, reject) => {
      const ready = typedAhead.shift();
      if (ready !== undefined) {
        process.stderr.write(`${question}${ready}\n`);
        resolve(ready);
        return;
      }
      const editor = createInterface({
        input: process.stdin,
        output: process.stderr,
        terminal: process.stdin.isTTY,
      });
      const lines: string[] = [];
      const onAbort = (): void => editor.close();
      signal?.addEventListener('abort', onAbort, { once: true });
      editor.setPrompt(question);
      editor.on('line', (line) => {
        if (lines.push(line) === 1) setImmediate(() => editor.close());
      });
      editor.on('SIGINT', () => {
        process.stderr.write('\n');
        if (interrupts.size === 0) process.kill(process.pid, 'SIGINT');
        for (const listener of interrupts) listener();
      });
      editor.on('close', () => {
        signal?.removeEventListener('abort', onAbort);
        typedAhead.push(...lines.slice(1));
        if (signal?.aborted) reject(signal.reason as Error);
        else resolve(lines[0]);
      });
      editor.prompt();
    });
}
