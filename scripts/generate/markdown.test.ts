import { expect, test } from 'vitest';
import { fields, typeText } from './markdown.ts';

test.each([
  [{ type: 'string' }, 'string'],
  [{}, 'any JSON'],
  [{ const: 1 }, '`1`'],
  [{ enum: ['a', 'b'] }, '`a` `b`'],
  [{ $ref: '#/$defs/Usage' }, '[Usage](shapes.md#usage)'],
  [{ $ref: '#/$defs/__schema0' }, 'any JSON'],
  [{ type: 'array', items: { type: 'integer' } }, 'list of integer'],
  [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string or null'],
  [{ type: 'object' }, 'object'],
  [{ type: 'object', additionalProperties: { type: 'string' } }, 'map to string'],
  [
    { type: 'object', properties: { a: { type: 'string' }, b: {} }, required: ['a'] },
    '{ `a`: string, `b`?: any JSON }',
  ],
])('%j reads %s', (schema, text) => {
  expect(typeText(schema)).toBe(text);
});

test('fields say which are optional and what they mean, and no cell breaks the table', () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'string' } },
    required: ['a'],
  };
  const text = fields(schema, 'x', (name, owner) => (name === 'a' ? `of ${String(owner)} | y` : undefined));
  expect(text.split('\n').slice(2)).toEqual([
    '| `a` | string | of x \\| y |',
    '| `b` (optional) | string |  |',
  ]);
});
