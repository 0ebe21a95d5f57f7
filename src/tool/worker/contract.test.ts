import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { toolContract, type ToolCase } from '../contract.ts';
import { testFolder } from '../fixtures.ts';
import type { Tool } from '../port.ts';
import { workerTools, type WorkerTools } from './worker-tools.ts';

let opened: WorkerTools;
beforeAll(async () => {
  opened = await workerTools({ modules: [new URL('./tools.fixture.ts', import.meta.url)] });
});
afterAll(() => opened.close());

const CASES: Readonly<Record<string, Omit<ToolCase, 'tool' | 'folder' | typeof Symbol.asyncDispose>>> = {
  counts: {
    good: { file: 'a.txt' },
    bad: ['{}', '{"file": 7}', '{"file": "a", "more": 1}'],
    failing: { file: 'missing' },
  },
  patient: { good: { now: true }, bad: [], lasting: {} },
  block: { good: { now: true }, bad: [], lasting: {} },
  long: { good: {}, bad: [], flooding: {} },
};

for (const [name, own] of Object.entries(CASES)) {
  toolContract(`${name}, in a process of its own`, async () => {
    const folder = await testFolder();
    await writeFile(join(folder.path, 'a.txt'), 'one\n');
    const tool = opened.tools.find((one) => one.name === name) as Tool;
    return { tool, folder: folder.path, ...own, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
  });
}
