// The guide shows every key by example; this holds it to that.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseDocument } from './document.ts';
import { scratch } from './fixtures.ts';
import { leaves } from './key.ts';
import { resolveProfiles } from './profiles.ts';
import { SETTINGS } from './settings.ts';

const guide = readFileSync(join(import.meta.dirname, '../../docs/guides/configuration.md'), 'utf8');
const examples = [...guide.matchAll(/^```jsonc\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');

test.each(examples)('this example is a configuration: %s', (example) => {
  using s = scratch();
  s.write(s.home.config, example);
  expect(() => resolveProfiles(s.load())).not.toThrow();
});

test('every key is shown, and general limits with their defaults', () => {
  const shown = examples.flatMap((example) => leaves(parseDocument('guide', Buffer.from(example)).value));
  const keys = new Set(shown.map((leaf) => leaf.setting.key));
  const elsewhere = /^(\$schema|providers\.NAME\.apiKey|profiles\.NAME\.(limits|budget)\..*)$/;
  expect(
    SETTINGS.map((setting) => setting.key).filter((key) => !keys.has(key) && !elsewhere.test(key)),
  ).toEqual([]);
  for (const { setting, value } of shown) {
    if (setting.key.startsWith('limits.'))
      expect([setting.key, value]).toEqual([setting.key, setting.default]);
  }
});
