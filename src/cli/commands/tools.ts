import { CarrelError } from '../../protocol/index.ts';
import { builtinTools, type Tool } from '../../tool/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { table, type Column } from '../render/table.ts';
import { printValue } from '../render/value.ts';

export async function run({ args, terminal, json }: Invocation): Promise<Exit> {
  const tools = builtinTools();
  const [name] = args;
  const shown = name === undefined ? tools : tools.filter((tool) => tool.name === name);
  if (shown.length === 0) {
    throw new CarrelError(
      'not_found',
      `there is no tool ${name ?? ''}; there are: ${tools.map((tool) => tool.name).join(', ')}`,
    );
  }
  if (json) printValue(terminal.out, shown.map(plain));
  else if (name === undefined) terminal.out.write(table(terminal.out, COLUMNS, shown));
  else printValue(terminal.out, shown.map(plain)[0]);
  return Promise.resolve(EXIT.done);
}

function plain({ name, description, access, idempotent, parallel, parameters }: Tool): object {
  return { name, description, access, idempotent, parallel, parameters };
}

const COLUMNS: readonly Column<Tool>[] = [
  { head: 'TOOL', cell: (tool) => tool.name },
  { head: 'ACCESS', cell: (tool) => tool.access },
  { head: 'PARALLEL', cell: (tool) => (tool.parallel ? 'yes' : 'no') },
  { head: 'WHAT IT DOES', cell: (tool) => tool.description },
];
