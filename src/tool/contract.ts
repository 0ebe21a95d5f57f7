// What every tool promises, whatever it does. A case brings a tool and arguments of each kind; the suite says the rest.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../base/index.ts';
import { isErrorCode } from '../protocol/index.ts';
import { checkArguments } from './arguments.ts';
import { testContext } from './fixtures.ts';
import type { Tool, ToolResult } from './port.ts';
import { createTools } from './registry.ts';

export interface ToolCase extends AsyncDisposable {
  readonly tool: Tool;
  /** An existing folder for the calls. */
  readonly folder: string;
  /** A call that succeeds. */
  readonly good: JsonObject;
  /** Argument texts that the schema must refuse, besides those that no tool takes. */
  readonly bad: readonly string[];
  /** A call that passes the schema and fails. */
  readonly failing?: JsonObject;
  /** A call that goes on until it is aborted. */
  readonly lasting?: JsonObject;
  /** A call with far more output than 64 KiB. */
  readonly flooding?: JsonObject;
}

const BAD_FOR_ALL = [
  '{',
  'null',
  '[]',
  '"text"',
  '7',
  '{"__proto__": {"x": 1}}',
  '{"constructor": {"prototype": {}}}',
];
const OUTPUT_BYTES = 64 * 1024;
const HOSTILE = '\u001b[31m\r\n\u0007\u202e';

/** Registers the suite. `makeCase` is called once a test; the case is disposed after it. */
export function toolContract(name: string, makeCase: () => Promise<ToolCase>): void {
  describe(`tool contract: ${name}`, () => {
    let now: ToolCase;
    beforeEach(async () => {
      now = await makeCase();
    });
    afterEach(() => now[Symbol.asyncDispose]());

    const run = (args: JsonObject, signal?: AbortSignal): Promise<ToolResult> =>
      now.tool.run(
        args,
        testContext(now.folder, { outputBytes: OUTPUT_BYTES, ...(signal === undefined ? {} : { signal }) }),
      );

    it('has a legal name and a description', () => {
      expect(createTools([now.tool]).get(now.tool.name)).toBe(now.tool);
      expect(now.tool.description).not.toBe('');
    });

    it('has a schema that takes good arguments as they are', () => {
      expect(checkArguments(now.tool, JSON.stringify(now.good))).toEqual({ ok: true, args: now.good });
    });

    it('has a schema that refuses bad arguments before the tool sees them', () => {
      for (const text of [...BAD_FOR_ALL, ...now.bad]) {
        const message = expect.stringContaining(now.tool.name) as string;
        const refusal = { ok: false, error: { code: 'invalid_params', message } };
        expect({ text, ...checkArguments(now.tool, text) }).toMatchObject({ text, ...refusal });
      }
    });

    it('says what it would do, purely', () => {
      const args = deepFreeze(structuredClone(now.good));
      expect(now.tool.intent(args)).toEqual(now.tool.intent(args));
    });

    it('says it in one line that cannot move, colour or hide anything', () => {
      const { summary } = now.tool.intent(withHostileText(now.good));
      expect(summary).not.toBe('');
      expect(summary).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    });

    it('succeeds, unless it is the runtime that does it', async () => {
      expect(await run(now.good)).toMatchObject({ ok: now.tool.kind === undefined });
    });

    it('gives an error result rather than throwing', async () => {
      if (now.failing === undefined) return;
      const result = await run(now.failing);
      expect(result.ok).toBe(false);
      expect(problemsOf(result)).toEqual([]);
    });

    it('does not throw when its folder is gone', async () => {
      expect(problemsOf(await now.tool.run(now.good, testContext(`${now.folder}/gone`)))).toEqual([]);
    });

    it('settles under a signal that is aborted already, as what it was', async () => {
      const result = await run(now.good, AbortSignal.abort());
      expect(problemsOf(result)).toEqual([]);
      expect(result.ok ? 'cancelled' : result.error.code).toBe('cancelled');
    });

    it('settles as cancelled when it is aborted', async () => {
      if (now.lasting === undefined) return;
      const controller = new AbortController();
      const result = run(now.lasting, controller.signal);
      setImmediate(() => controller.abort());
      expect(await result).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    });

    it('settles as timed out when its deadline passes', async () => {
      if (now.lasting === undefined) return;
      expect(await run(now.lasting, AbortSignal.timeout(50))).toMatchObject({
        ok: false,
        error: { code: 'timeout' },
      });
    });

    it('keeps within the bound of its output and says that it was cut', async () => {
      if (now.flooding === undefined) return;
      const result = await run(now.flooding);
      expect(Buffer.byteLength(result.text)).toBeLessThanOrEqual(OUTPUT_BYTES);
      expect(result.cut).toBe(true);
    });
  });
}

/** What an error result lacks. */
function problemsOf(result: ToolResult): string[] {
  if (result.ok) return [];
  const { code, message } = result.error;
  const problems = isErrorCode(code) ? [] : [`unknown code ${String(code)}`];
  if (message === '' || result.text === '') problems.push('it does not say what is wrong');
  return problems;
}

function withHostileText(args: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(args).map(([key, value]) => [
      key,
      typeof value === 'string' ? value + HOSTILE + value : value,
    ]),
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(deepFreeze);
  return Object.freeze(value);
}
