import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isJsonObject, type Json } from '../base/index.ts';
import { findSetting, keyPath, keyText, nearest } from './key.ts';
import { configJsonSchema } from './schema.ts';
import { SETTINGS } from './settings.ts';
import { inRange } from './value.ts';

/** The keys that a JSON Schema knows, names in capitals as the table has them. */
function keysOf(node: Json | undefined, path: readonly string[] = []): string[] {
  if (!isJsonObject(node)) return [];
  const { properties, additionalProperties } = node;
  if (isJsonObject(properties))
    return Object.entries(properties).flatMap(([name, inner]) => keysOf(inner, [...path, name]));
  const wildcard = { headers: 'HEADER', models: 'MODEL' }[path.at(-1) ?? ''] ?? 'NAME';
  return isJsonObject(additionalProperties)
    ? keysOf(additionalProperties, [...path, wildcard])
    : [path.join('.')];
}

test('the table has a row for every key of the schema, and no other', () => {
  const keys = SETTINGS.map((setting) => setting.key);
  expect(keysOf(configJsonSchema()).toSorted()).toEqual(keys.toSorted());
  expect(new Set(keys).size).toBe(keys.length);
});

test.each(SETTINGS)('$key makes sense', (setting) => {
  expect(setting.meaning).toMatch(/^[A-Z`].*\.$/);
  if (setting.kind === 'integer' || setting.kind === 'number') {
    expect(setting.minimum).toBeLessThan(setting.maximum ?? Number.NaN);
  }
  if (setting.default === undefined) return;
  expect(inRange(setting, setting.default)).toBe(true);
  expect(setting.kind !== 'choice' || setting.choices?.includes(String(setting.default))).toBe(true);
});

test.each([
  [{ limits: { turns: 24 } }, true],
  [{ limits: { turns: 0 } }, false],
  [{ limits: { turns: 513 } }, false],
  [{ limits: { contextTokens: 0 } }, true],
  [{ profiles: { x: { limits: { maxSteps: 1001 } } } }, false],
  [{ modle: 'a/b' }, false],
])('the JSON Schema judges %j as %s', (value, valid) => {
  const validate = new Ajv2020({ strict: false, formats: { uri: true } }).compile(configJsonSchema());
  expect(validate(value)).toBe(valid);
});

test.each([
  ['limits.turns', 'limits.turns'],
  ['profiles.x.limits.maxSteps', 'profiles.NAME.limits.maxSteps'],
  ['profiles.x.prompt', 'profiles.NAME.prompt'],
  ['providers.p.models."gpt-4.1".tools', 'providers.NAME.models.MODEL.tools'],
  ['limits', undefined],
  ['limits.turns.x', undefined],
])('the row of %s is %s', (key, row) => {
  expect(findSetting(keyPath(key))?.key).toBe(row);
});

test('a key is its path written down', () => {
  const name = fc.string({ minLength: 1 }).filter((text) => !text.includes('"'));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1 }), (path) => {
      expect(keyPath(keyText(path))).toEqual(path);
    }),
  );
});

test.each([
  ['modle', 'model'],
  ['Model', 'model'],
  ['limit', 'limits'],
  ['zebra', undefined],
])('%s most likely meant %s', (name, meant) => {
  expect(nearest(name, ['model', 'limits', 'providers'])).toBe(meant);
});
