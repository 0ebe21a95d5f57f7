import { CarrelError } from '../../protocol/index.ts';
import { schemaProblem, type Tool } from '../../tool/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';
import { table, type Column } from '../render/table.ts';
import { printValue } from '../render/value.ts';
import { loadSetting } from '../setting.ts';
import { openToolSet, type ToolSet } from '../tool-set.ts';

/** A tool, or a module that gives none; `problem` says why it cannot be called. */
interface Listed extends Partial<
  Pick<Tool, 'description' | 'access' | 'idempotent' | 'parallel' | 'parameters'>
> {
  readonly name: string;
  readonly problem?: string;
}

export async function run(invocation: Invocation): Promise<Exit> {
  const { args, terminal, json, folder } = invocation;
  await using set = await openToolSet(invocation, loadSetting(invocation, folder));
  const all = listed(set);
  const [name] = args;
  const shown = name === undefined ? all : all.filter((row) => row.name === name);
  if (shown.length === 0) {
    throw new CarrelError(
      'not_found',
      `there is no tool ${name ?? ''}; there are: ${set.tools.map((tool) => tool.name).join(', ')}`,
    );
  }
  if (json) printValue(terminal.out, shown);
  else if (name === undefined) terminal.out.write(table(terminal.out, COLUMNS, shown));
  else printValue(terminal.out, shown[0]);
  return EXIT.done;
}

function listed({ tools, problems }: ToolSet): readonly Listed[] {
  return [
    ...tools.map((tool) => {
      const { name, description, access, idempotent, parallel, parameters } = tool;
      const problem = schemaProblem(tool);
      const row = { name, description, access, idempotent, parallel, parameters };
      return problem === undefined ? row : { ...row, problem };
    }),
    ...problems.map(({ module, message }) => ({ name: module, problem: message })),
  ];
}

const COLUMNS: readonly Column<Listed>[] = [
  { head: 'TOOL', cell: ({ name }) => name },
  { head: 'ACCESS', cell: ({ access }) => access ?? '' },
  { head: 'PARALLEL', cell: ({ parallel }) => (parallel === true ? 'yes' : 'no') },
  {
    head: 'WHAT IT DOES',
    cell: ({ description, problem }) => (problem === undefined ? (description ?? '') : `problem: ${problem}`),
  },
];
