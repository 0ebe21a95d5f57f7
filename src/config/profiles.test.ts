import { expect, test } from 'vitest';
import { Profile } from '../protocol/index.ts';
import { scratch } from './fixtures.ts';
import { DEFAULT_SESSION_LIMITS } from './limits.ts';
import { resolveProfiles } from './profiles.ts';

function resolved(content: object): Map<string, Profile> {
  using s = scratch();
  s.write(s.home.config, JSON.stringify(content));
  return resolveProfiles(s.load());
}

test('the built-in profiles are complete', () => {
  const profiles = resolved({ model: 'a/b' });
  expect([...profiles.keys()]).toEqual(['default', 'review']);
  for (const profile of profiles.values()) expect(Profile.parse(profile)).toEqual(profile);
  expect(profiles.get('default')).toMatchObject({
    model: 'a/b',
    mode: 'ask',
    tools: ['read', 'list', 'glob', 'grep', 'write', 'edit', 'exec', 'spawn', 'message'],
    deny: { tools: [], paths: [] },
    limits: DEFAULT_SESSION_LIMITS,
  });
  expect(profiles.get('review')).toMatchObject({ mode: 'read', tools: ['read', 'list', 'glob', 'grep'] });
});

test('a file changes a built-in profile key by key, and adds others that start from the built-in default', () => {
  const profiles = resolved({
    model: 'a/b',
    limits: { maxSteps: 20 },
    profiles: {
      default: { mode: 'edits', limits: { maxSteps: 10 } },
      docs: { model: 'c/d', prompt: ['one', 'two'], temperature: 0.2 },
    },
  });
  expect(profiles.get('default')).toMatchObject({
    mode: 'edits',
    model: 'a/b',
    limits: { ...DEFAULT_SESSION_LIMITS, maxSteps: 10 },
  });
  expect(profiles.get('docs')).toMatchObject({
    name: 'docs',
    mode: 'ask',
    model: 'c/d',
    prompt: 'one\ntwo',
    temperature: 0.2,
  });
  expect(profiles.get('docs')?.limits.maxSteps).toBe(20);
  expect(profiles.get('review')?.mode).toBe('read');
});

test('denials of the permissions hold in every profile and cannot be taken back', () => {
  const profiles = resolved({
    permissions: { deny: { paths: ['.env'] } },
    profiles: {
      default: { deny: { tools: ['exec'], paths: ['.env', 'x'] } },
      other: { deny: { paths: [] } },
    },
  });
  expect(profiles.get('default')?.deny).toEqual({ tools: ['exec'], paths: ['.env', 'x'] });
  expect(profiles.get('other')?.deny).toEqual({ tools: [], paths: ['.env'] });
});

test('the bounds of a profile must fit into each other, wherever they come from', () => {
  const content = { limits: { toolTimeoutMs: 5000 }, profiles: { x: { limits: { turnTimeoutMs: 4000 } } } };
  expect(() => resolved(content)).toThrow(
    /profiles\.x\.limits\.toolTimeoutMs is 5000 \(.*:1:\d+\); it must be less than profiles\.x\.limits\.turnTimeoutMs, which is 4000/,
  );
});
