import { describe, expect, it } from 'vitest';
import type { Tool } from './port.ts';
import { createTools } from './registry.ts';

const toolNamed = (name: string): Tool => ({
  name,
  description: 'does nothing',
  parameters: { type: 'object' },
  access: 'read',
  idempotent: true,
  parallel: true,
  intent: () => ({ summary: name, paths: [] }),
  run: () => Promise.resolve({ ok: true, text: '' }),
});

describe('createTools', () => {
  it('finds tools by name and keeps their order', () => {
    const tools = createTools([toolNamed('b'), toolNamed('a')]);
    expect(tools.list().map((tool) => tool.name)).toEqual(['b', 'a']);
    expect(tools.get('a')?.name).toBe('a');
    expect(tools.get('toString')).toBeUndefined();
  });

  it('refuses two tools of one name', () => {
    const twice = (): unknown => createTools([toolNamed('a'), toolNamed('a')]);
    expect(twice).toThrow(expect.objectContaining({ code: 'already_exists' }));
  });

  it.each(['', 'a b', 'a/b', 'ä', 'x'.repeat(65), 'a\n'])('refuses the name %j', (name) => {
    const illegal = (): unknown => createTools([toolNamed(name)]);
    expect(illegal).toThrow(expect.objectContaining({ code: 'invalid_params' }));
  });

  it('lists a tool whose schema is bad', () => {
    const tools = createTools([{ ...toolNamed('a'), parameters: { type: 'nonsense' } }]);
    expect(tools.list()).toHaveLength(1);
  });
});
