export { checkArguments, schemaProblem, type CheckedArguments } from './arguments.ts';
export { aiTools, type AiTool, type AiToolsOptions } from './ai-sdk.ts';
export { builtinTools } from './builtin/index.ts';
export { FileLocks, type FileLock, type SessionFiles } from './file-locks.ts';
export { judge, visibleTools, type Visibility } from './permission.ts';
export type { MessageArgs } from './builtin/message.ts';
export type { SpawnArgs } from './builtin/spawn.ts';
export { createTools } from './registry.ts';
export { commandEnvironment } from './sandbox/environment.ts';
export type { Environment } from './sandbox/environment.ts';
export type { SandboxOptions } from './sandbox/sandbox.ts';
export type { PermissionRequest, Tool, ToolContext, ToolIntent, ToolResult, Tools, Verdict } from './port.ts';
export type { IntentTemplate, WorkerTool } from './worker/port.ts';
export {
  workerTools,
  type ModuleProblem,
  type WorkerTools,
  type WorkerToolsOptions,
} from './worker/worker-tools.ts';
