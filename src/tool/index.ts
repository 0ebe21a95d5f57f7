export type { PermissionRequest, Tool, ToolContext, ToolIntent, ToolResult, Tools, Verdict } from './port.ts';
