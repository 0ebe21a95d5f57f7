// The tools of a host as the command line makes it: the built-in ones, then those of the configured modules.
import { builtinTools, workerTools, type ModuleProblem, type Tool } from '../tool/index.ts';
import type { Invocation } from './invocation.ts';
import { note } from './note.ts';
import { secretNames, type Setting } from './setting.ts';

/** Disposing ends the processes of the modules. */
export interface ToolSet extends AsyncDisposable {
  readonly tools: readonly Tool[];
  readonly problems: readonly ModuleProblem[];
}

/** Never rejects for a module: what is wrong with one is a problem. The built-in tools keep their names. */
export async function openToolSet(invocation: Invocation, setting: Setting): Promise<ToolSet> {
  const secrets = secretNames(setting);
  const builtin = builtinTools({ environment: invocation.env, secrets });
  const { toolModules: modules, limits } = setting.config;
  if (modules.length === 0)
    return { tools: builtin, problems: [], [Symbol.asyncDispose]: () => Promise.resolve() };
  const own = await workerTools({
    modules,
    processes: limits.toolProcesses,
    memoryMb: limits.toolMemoryMb,
    environment: Object.fromEntries(
      Object.entries(invocation.env).filter(([name]) => !secrets.includes(name)),
    ),
    onFault: ({ what, error }) => note(invocation, 'warn', `${what}: ${String(error)}`),
    reserved: builtin.map(({ name }) => name),
  });
  const { tools, problems } = own;
  return { tools: [...builtin, ...tools], problems, [Symbol.asyncDispose]: () => own.close() };
}
