import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../base/index.ts';
import { checkArguments } from './arguments.ts';
import type { Tool } from './port.ts';

const toolWith = (parameters: JsonObject): Tool => ({
  name: 'sample',
  description: 'for tests',
  parameters,
  access: 'read',
  idempotent: true,
  parallel: true,
  intent: () => ({ summary: 'sample', paths: [] }),
  run: () => Promise.resolve({ ok: true, text: '' }),
});

const sample = toolWith({
  type: 'object',
  properties: {
    path: { type: 'string', minLength: 1 },
    lines: { type: 'object', properties: { first: { type: 'integer', minimum: 1 } } },
    kind: { enum: ['a', 'b'] },
  },
  required: ['path'],
  additionalProperties: false,
});

const messageOf = (tool: Tool, text: string): string => {
  const checked = checkArguments(tool, text);
  return checked.ok ? 'ok' : `${checked.error.code}: ${checked.error.message}`;
};

describe('checkArguments', () => {
  it('gives the parsed arguments', () => {
    expect(checkArguments(sample, '{"path": "a", "kind": "b"}')).toEqual({
      ok: true,
      args: { path: 'a', kind: 'b' },
    });
  });

  it('takes no text as no arguments', () => {
    expect(messageOf(toolWith({ type: 'object' }), ' ')).toBe('ok');
  });

  it.each([
    ['{"path": "a"', /^invalid_params: sample: the arguments are not JSON \(/],
    ['[1]', /the arguments are \[1\]: expected an object/],
    ['{}', /the arguments must have "path", which is missing from \{\}/],
    ['{"path": 7}', /"path" is 7: must be string/],
    ['{"path": "a", "lines": {"first": 0}}', /"lines\.first" is 0: must be >= 1/],
    ['{"path": "a", "kind": "c"}', /"kind" is "c": must be equal to one of the allowed values \["a","b"\]/],
    ['{"path": "a", "paht": "b"}', /may not have "paht": expected only path, lines, kind/],
    ['{"path": "a", "lines": "5"}', /"lines" is "5": must be object/],
  ])('refuses %s and says why', (text, message) => {
    expect(messageOf(sample, text)).toMatch(message);
  });

  it.each([
    '{"path": "a", "__proto__": {"polluted": true}}',
    '{"path": "a", "\\u005f_proto__": {"polluted": true}}',
    '{"path": "a", "deep": [{"constructor": {"prototype": {"polluted": true}}}]}',
  ])('refuses the key that reaches a prototype in %s', (text) => {
    expect(messageOf(toolWith({ type: 'object' }), text)).toMatch(/^invalid_params: .*is not allowed/);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('does not take inherited properties for given ones', () => {
    const tool = toolWith({ type: 'object', required: ['toString'] });
    expect(messageOf(tool, '{}')).toMatch(/must have "toString"/);
  });

  it('refuses arguments that are nested without end', () => {
    const text = `{"a": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    expect(messageOf(toolWith({ type: 'object' }), text)).toMatch(/nested deeper than 100/);
  });

  it.each([
    ['an unknown type', { type: 'object', properties: { a: { type: 'nonsense' } } }],
    ['a reference to nothing', { type: 'object', properties: { a: { $ref: '#/nowhere' } } }],
    ['a schema of something else', { type: 'string' }],
  ])('answers calls of a tool whose schema is bad with what is wrong: %s', (_what, parameters) => {
    const tool = toolWith(parameters);
    expect(messageOf(tool, '{}')).toMatch(/^tool_failed: tool "sample" has a bad schema/);
    expect(messageOf(tool, '{}')).toMatch(/^tool_failed/);
  });

  it('takes schemas that name an older dialect, and the same id twice', () => {
    const parameters = { $schema: 'http://json-schema.org/draft-07/schema#', $id: 'x', type: 'object' };
    expect(messageOf(toolWith(parameters), '{}')).toBe('ok');
    expect(messageOf(toolWith(parameters), '{}')).toBe('ok');
  });

  it('never throws, and what it lets through is an object that the text says', () => {
    const faithful = (text: string): boolean => {
      const checked = checkArguments(toolWith({ type: 'object' }), text);
      return !checked.ok || text.trim() === '' || isDeepStrictEqual(checked.args, JSON.parse(text));
    };
    const property = fc.property(fc.oneof(fc.json(), fc.string()), faithful);
    expect(fc.check(property).failed).toBe(false);
  });
});
