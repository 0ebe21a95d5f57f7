// A module of tools, for the rows about isolation.
import { readFileSync } from 'node:fs';
import type { WorkerTool } from '../src/tool/index.ts';

const base = { parameters: { type: 'object' }, access: 'read', parallel: true } as const;
const held: unknown[] = [];

export const chew: WorkerTool = {
  ...base,
  name: 'chew',
  description: 'Reads a file of JSON, changes it and writes it as text.',
  run: ({ path }) => {
    const items = JSON.parse(readFileSync(path as string, 'utf8')) as { n: number }[];
    for (const item of items) item.n++;
    return `${JSON.stringify(items).length} characters`;
  },
};

export const nothing: WorkerTool = { ...base, name: 'far', description: 'Does nothing.', run: () => 'done' };

export const block: WorkerTool = {
  ...base,
  name: 'block',
  description: 'Never ends.',
  run: () => {
    for (;;) held.length = 0;
  },
};

export const eat: WorkerTool = {
  ...base,
  name: 'eat',
  description: 'Eats memory.',
  run: () => {
    for (;;) held.push({ more: {} });
  },
};
