import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Grant, Mode } from '../protocol/index.ts';
import { testFolder, type TestFolder } from './fixtures.ts';
import { judge, visibleTools } from './permission.ts';
import type { PermissionRequest, Tool, ToolIntent } from './port.ts';
import { createTools } from './registry.ts';

const toolOf = (name: string, access: Tool['access']): Tool => ({
  name,
  description: 'for tests',
  parameters: { type: 'object' },
  access,
  idempotent: false,
  parallel: false,
  intent: ({ path, command }) => ({
    summary: `${name} ${JSON.stringify(path ?? command)}`,
    paths: typeof path === 'string' ? [path] : [],
    ...(typeof command === 'string' ? { command } : {}),
  }),
  run: () => Promise.resolve({ ok: true, text: '' }),
});

const TOOLS = {
  read: toolOf('read', 'read'),
  write: toolOf('write', 'write'),
  exec: toolOf('exec', 'execute'),
};
type Name = keyof typeof TOOLS;
const MODES: readonly Mode[] = ['read', 'ask', 'edits', 'full'];

describe('judge', () => {
  let folder: TestFolder;
  beforeEach(async () => {
    folder = await testFolder();
    await mkdir(join(folder.path, 'src'));
    await writeFile(join(folder.path, 'src/a.ts'), '');
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  const ask = (name: Name, more: Partial<PermissionRequest> = {}): ReturnType<typeof judge> =>
    judge({
      tool: TOOLS[name],
      args: name === 'exec' ? { command: 'npm test' } : { path: 'src/a.ts' },
      folder: folder.path,
      mode: 'ask',
      grants: [],
      deny: { tools: [], paths: [] },
      ...more,
    });

  it.each<[Name, Record<Mode, 'allow' | 'ask' | 'deny'>]>([
    ['read', { read: 'allow', ask: 'allow', edits: 'allow', full: 'allow' }],
    ['write', { read: 'deny', ask: 'ask', edits: 'allow', full: 'allow' }],
    ['exec', { read: 'deny', ask: 'ask', edits: 'ask', full: 'allow' }],
  ])('decides about %s by mode', async (name, expected) => {
    for (const mode of MODES) {
      const verdict = await ask(name, { mode });
      expect({ mode, kind: verdict.kind }).toEqual({ mode, kind: expected[mode] });
      expect(verdict.why).toContain(`mode "${mode}"`);
    }
  });

  it('asks about a change that is not of a file, even in mode "edits"', async () => {
    expect(await ask('write', { mode: 'edits', args: {} })).toMatchObject({ kind: 'ask' });
  });

  it('says what the scope "path" would save', async () => {
    expect((await ask('write')).grantPath).toBe(join(folder.path, 'src/a.ts'));
    expect((await ask('exec')).grantPath).toBe('npm test');
  });

  it.each<[string, Name, Partial<Grant>, 'allow' | 'ask']>([
    ['for the session', 'write', { scope: 'session' }, 'allow'],
    ['for always', 'write', { scope: 'always' }, 'allow'],
    ['for once, which was that once', 'write', { scope: 'once' }, 'ask'],
    ['of another tool', 'write', { scope: 'always', tool: 'exec' }, 'ask'],
    ['of this file', 'write', { scope: 'path', path: 'src/a.ts' }, 'allow'],
    ['of a directory above', 'write', { scope: 'path', path: 'src' }, 'allow'],
    ['of a file whose name starts the same', 'write', { scope: 'path', path: 'src/a' }, 'ask'],
    ['of a path that is not said', 'write', { scope: 'path' }, 'ask'],
  ])('a grant %s', async (_what, name, { path, ...grant }, kind) => {
    const saved = {
      tool: name,
      scope: 'once' as const,
      ...grant,
      ...(path === undefined ? {} : { path: join(folder.path, path) }),
    };
    expect(await ask(name, { grants: [saved] })).toMatchObject({ kind });
  });

  it.each<[string, 'allow' | 'ask']>([
    ['src', 'allow'],
    ['./src/../src/a.ts', 'allow'],
    ['.', 'allow'],
    ['src/a', 'ask'],
    ['..', 'allow'],
    ['../src', 'ask'],
  ])('reads a relative path of a grant, %s, from the folder of the session', async (path, kind) => {
    expect(await ask('write', { grants: [{ tool: 'write', scope: 'path', path }] })).toMatchObject({ kind });
  });

  it('takes a grant of a command for this exact command only', async () => {
    const grants: Grant[] = [{ tool: 'exec', scope: 'path', path: 'npm test' }];
    expect(await ask('exec', { grants })).toMatchObject({ kind: 'allow' });
    expect(await ask('exec', { grants, args: { command: 'npm test; rm x' } })).toMatchObject({ kind: 'ask' });
  });

  it('lets nothing outrank a deny rule', async () => {
    const grants: Grant[] = ['read', 'write', 'exec'].map((tool) => ({ tool, scope: 'always' }));
    for (const name of ['read', 'write', 'exec'] as const) {
      const verdict = await ask(name, { mode: 'full', grants, deny: { tools: [name], paths: [] } });
      expect(verdict).toMatchObject({ kind: 'deny', why: `rule deny.tools denies "${name}"` });
    }
    const verdict = await ask('write', { mode: 'full', grants, deny: { tools: [], paths: ['src/**'] } });
    expect(verdict).toMatchObject({ kind: 'deny', why: 'rule deny.paths "src/**" denies "src/a.ts"' });
  });

  it('lets no grant outrank the mode "read"', async () => {
    expect(await ask('exec', { mode: 'read', grants: [{ tool: 'exec', scope: 'always' }] })).toMatchObject({
      kind: 'deny',
    });
  });

  it.each([
    ['.env', '.env'],
    ['.env', 'deep/down/.env'],
    ['*.pem', 'keys/a.pem'],
    ['secrets', 'secrets/deep/a'],
    ['secrets/', 'secrets'],
    ['/top', 'top/a'],
    ['a/b', 'a/b/c'],
  ])('the rule %s denies %s', async (rule, path) => {
    expect(await ask('read', { args: { path }, deny: { tools: [], paths: [rule] } })).toMatchObject({
      kind: 'deny',
    });
  });

  it.each([
    ['.env', '.env.sample'],
    ['/top', 'deep/top'],
    ['a/b', 'x/a/b'],
  ])('the rule %s does not deny %s', async (rule, path) => {
    expect(await ask('read', { args: { path }, deny: { tools: [], paths: [rule] } })).toMatchObject({
      kind: 'allow',
    });
  });

  it('denies by what a path leads to and by what it is called', async () => {
    await symlink('src', join(folder.path, 'link'));
    for (const rule of ['src', 'link'])
      expect(
        await ask('read', { args: { path: 'link/a.ts' }, deny: { tools: [], paths: [rule] } }),
      ).toMatchObject({ kind: 'deny' });
  });

  it.each(['../x', '/etc/passwd', 'out/passwd', 'src/../../x'])(
    'denies %s, which leads out, in every mode',
    async (path) => {
      await symlink('/etc', join(folder.path, 'out'));
      for (const mode of MODES) {
        const verdict = await ask('read', {
          mode,
          args: { path },
          grants: [{ tool: 'read', scope: 'always' }],
        });
        expect(verdict.kind).toBe('deny');
        expect(verdict.why).toContain("leads out of the session's folder");
      }
    },
  );

  it('denies what it cannot judge', async () => {
    const broken: Tool = {
      ...TOOLS.read,
      intent: () => {
        throw new Error('boom');
      },
    };
    expect(await ask('read', { tool: broken, mode: 'full' })).toMatchObject({
      kind: 'deny',
      summary: 'read',
    });
  });

  it('shows the summary as one safe line', async () => {
    const intent = (): ToolIntent => ({ summary: 'exec a\n\u001b[2Jb', paths: [] });
    const { summary } = await ask('exec', { tool: { ...TOOLS.exec, intent } });
    expect(summary).toBe('exec a b');
  });
});

describe('visibleTools', () => {
  const tools = createTools(Object.values(TOOLS));
  const names = ['exec', 'read', 'missing', 'write', 'read'];

  it('offers what the profile names, in its order, and only what exists', () => {
    const visible = visibleTools(tools, { mode: 'full', names, deny: { tools: [] } });
    expect(visible.map((tool) => tool.name)).toEqual(['exec', 'read', 'write']);
  });

  it('offers reading tools only in mode "read", and nothing that is denied', () => {
    const visible = visibleTools(tools, { mode: 'read', names, deny: { tools: [] } });
    expect(visible.map((tool) => tool.name)).toEqual(['read']);
    const denied = visibleTools(tools, { mode: 'ask', names, deny: { tools: ['exec'] } });
    expect(denied.map((tool) => tool.name)).toEqual(['read', 'write']);
  });

  it('hides exactly what would be denied whatever the arguments', async () => {
    for (const mode of MODES) {
      const deny = { tools: ['write'], paths: [] };
      const visible = visibleTools(tools, { mode, names, deny });
      for (const tool of tools.list()) {
        const verdict = await judge({ tool, args: {}, folder: '/', mode, grants: [], deny });
        expect(verdict.kind === 'deny').toBe(!visible.includes(tool));
      }
    }
  });
});
