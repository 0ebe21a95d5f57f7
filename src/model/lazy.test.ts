import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const LOADED = `
  import { registerHooks } from 'node:module';
  const packages = [];
  registerHooks({ resolve(specifier, context, next) { packages.push(specifier); return next(specifier, context); } });
  const { createModels } = await import('./src/model/index.ts');
  const { systemClock } = await import('./src/base/index.ts');
  const providers = ['openai', 'anthropic', 'google'].map((kind) => ({ name: kind, kind, apiKey: 'k' }));
  const models = createModels({ providers, clock: systemClock });
  for (const { name } of providers) await models.resolve(name + '/m');
  console.log(JSON.stringify(packages.filter((name) => name.startsWith('@'))));
`;

describe('cold start', () => {
  it('loads no package of a provider before a model streams', async () => {
    const node = promisify(execFile);
    const { stdout } = await node(process.execPath, ['--input-type=module', '-e', LOADED], {
      cwd: process.cwd(),
    });
    expect(JSON.parse(stdout)).toEqual([]);
  });
});
