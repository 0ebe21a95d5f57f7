export { checkArguments, type CheckedArguments } from './arguments.ts';
export { judge, visibleTools, type Visibility } from './permission.ts';
export { createTools } from './registry.ts';
export type { PermissionRequest, Tool, ToolContext, ToolIntent, ToolResult, Tools, Verdict } from './port.ts';
