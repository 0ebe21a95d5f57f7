// A tool's code shares its thread with what reports for it, and can get at its port. So the main thread of the process takes no
// report on trust: it lets through what is due, of its known shape, and small.
import { cutStart } from '../../base/index.ts';
import { declarationOf, toolsOf } from './declare.ts';
import { MESSAGE_LENGTH, type ThreadReport, type ToolCall } from './messages.ts';
import { describe, resultOf } from './outcome.ts';

/** Characters of all that a module declares: far above what a model could be offered. */
const DECLARED_LENGTH = 2 ** 20;

type Of<T extends ThreadReport['type']> = Extract<ThreadReport, { type: T }>;

/** What a report comes to. Undefined: it is none, or not one that is due. */
export class Gate {
  /** What ends with the next answer: the loading of the module, or a call. */
  #open: 'module' | Pick<ToolCall, 'outputBytes'> | undefined = 'module';
  #showing = false;

  begin(call: Pick<ToolCall, 'outputBytes'>): void {
    this.#open = call;
  }

  /** The last progress has been passed on. */
  shown(): void {
    this.#showing = false;
  }

  take(report: unknown): ThreadReport | undefined {
    const { type } = Object(report) as Partial<ThreadReport>;
    if (type === 'progress') return this.#progress(report as Of<'progress'>);
    if (type === 'stray') return strayOf(report as Of<'stray'>);
    if (type !== 'ready' && type !== 'finished' && type !== 'threw') return undefined;
    const open = this.#open;
    if (open === undefined || (type === 'ready') !== (open === 'module' && type !== 'threw'))
      return undefined;
    this.#open = undefined;
    try {
      if (type === 'finished' && open !== 'module')
        return { type, result: resultOf((report as Of<'finished'>).result, open.outputBytes) };
      if (type === 'ready') return readyOf(report as Of<'ready'>);
      return { type: 'threw', message: text((report as Of<'threw'>).message) };
    } catch (error) {
      return { type: 'threw', message: describe(error) };
    }
  }

  #progress({ text: shown }: Of<'progress'>): ThreadReport | undefined {
    if (this.#showing) return undefined;
    this.#showing = true;
    return { type: 'progress', text: text(shown) };
  }
}

function readyOf({ tools, problems }: Of<'ready'>): Of<'ready'> {
  const length = JSON.stringify([tools, problems]).length;
  if (length > DECLARED_LENGTH)
    throw new RangeError(
      `it declares tools of ${String(length)} characters, at most ${String(DECLARED_LENGTH)} are taken: shorten their descriptions and schemas`,
    );
  // Their code is in the thread; the rest is what the thread has checked as well.
  const checked = toolsOf({ tools: tools.map((tool) => ({ ...tool, run: () => '' })) });
  return { type: 'ready', tools: checked.tools.map(declarationOf), problems: problems.map(text) };
}

function strayOf({ session, call, tool, message }: Of<'stray'>): Of<'stray'> {
  const of = call === undefined ? {} : { session: text(session), call: text(call), tool: text(tool) };
  return { type: 'stray', ...of, message: text(message) };
}

function text(value: unknown): string {
  return cutStart(String(value), MESSAGE_LENGTH);
}
