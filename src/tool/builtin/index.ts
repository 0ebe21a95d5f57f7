import type { Tool } from '../port.ts';
import { createSandbox, type SandboxOptions } from '../sandbox/sandbox.ts';
import { editTool } from './edit.ts';
import { execTool } from './exec.ts';
import { globTool } from './glob.ts';
import { grepTool } from './grep.ts';
import { listTool } from './list.ts';
import { messageTool } from './message.ts';
import { readTool } from './read.ts';
import { createSearch } from './search/searcher.ts';
import { spawnTool } from './spawn.ts';
import { writeTool } from './write.ts';

/**
 * The tools that come with Carrel: read, list, glob, grep, write, edit, exec, spawn, message. Give `environment` for commands to have one.
 * Threads and processes they need are started by the first call that needs them and never keep the program alive.
 */
export function builtinTools(options: SandboxOptions = {}): readonly Tool[] {
  const search = createSearch();
  const sandbox = createSandbox(options);
  const files = [readTool, listTool, globTool(search), grepTool(search), writeTool, editTool];
  return [...files, execTool(sandbox), spawnTool, messageTool];
}
