import { describe, expect, it } from 'vitest';
import { commandEnvironment } from './environment.ts';

const kept = (source: Record<string, string>, secrets?: string[]): string[] =>
  Object.keys(commandEnvironment(source, secrets)).filter((name) => name !== 'PATH');

describe('commandEnvironment', () => {
  it.each([
    'OPENAI_API_KEY',
    'ANTHROPIC_API_KEY',
    'LOCAL_KEY',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'GITHUB_TOKEN',
    'GH_PAT',
    'npm_config__authToken',
    'NPM_CONFIG__AUTH',
    'DB_PASSWORD',
    'MYSQL_PWD',
    'PGPASSWORD',
    'SENTRY_DSN',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'SESSION_COOKIE',
    'SSH_PRIVATE',
    'apikey',
    'CARREL_HOME',
    'CARREL_TOKEN',
    'NODE_CHANNEL_FD',
  ])('drops %s', (name) => {
    expect(kept({ [name]: 'x' })).toEqual([]);
  });

  it.each([
    'HOME',
    'PWD',
    'OLDPWD',
    'LANG',
    'SHELL',
    'USER',
    'TERM',
    'EDITOR',
    'SSH_AUTH_SOCK',
    'XDG_SESSION_ID',
    'KEYBOARD',
    'MONKEY',
    'NODE_OPTIONS',
    'COMPOSER_HOME',
    'AUTHOR',
  ])('keeps %s', (name) => {
    expect(kept({ [name]: 'x' })).toEqual([name]);
  });

  it.each([
    'sk-abc',
    'ghp_abc',
    'github_pat_abc',
    'AKIAABC',
    'xoxb-1',
    'eyJhbGciOiJ9.x',
    '-----BEGIN KEY-----',
    'postgres://user:pw@host/db',
    'https://:pw@host',
  ])('drops the value %s whatever its name', (value) => {
    expect(kept({ INNOCENT: value })).toEqual([]);
  });

  it.each(['https://host:8080/path', 'user@host', 'skip', '/home/sk-/x'])('keeps the value %s', (value) => {
    expect(kept({ INNOCENT: value })).toEqual(['INNOCENT']);
  });

  it('drops what it is told to', () => {
    expect(kept({ MY_LLM: 'x', OTHER: 'y' }, ['MY_LLM'])).toEqual(['OTHER']);
  });

  it('gives a path when there is none, and keeps one that is there', () => {
    expect(commandEnvironment({})['PATH']).toContain('/usr/bin');
    expect(commandEnvironment({ PATH: '/mine' })['PATH']).toBe('/mine');
  });

  it('keeps the marks of the calls that this host is part of', () => {
    expect(commandEnvironment({ CARREL_CALL: 'abc.1.' })).toMatchObject({ CARREL_CALL: 'abc.1.' });
  });
});
