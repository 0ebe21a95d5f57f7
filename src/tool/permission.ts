// Nothing runs without a permission. The order is the policy: rules that deny come first and nothing outranks them, then
// what the mode never offers, then what it lets through, then what a human allowed before; else a human is asked.
import { resolve } from 'node:path';
import { oneLine } from '../base/index.ts';
import { codeOf, type Grant, type Mode } from '../protocol/index.ts';
import { denyRules } from './deny.ts';
import { isInside, resolveInside, type Place } from './paths.ts';
import type { PermissionRequest, Tool, ToolIntent, Tools, Verdict } from './port.ts';

/** Characters of a summary that a human can take in at a glance. */
const SUMMARY_LENGTH = 200;

export interface Visibility {
  readonly mode: Mode;
  /** The profile's tools, in its order. */
  readonly names: readonly string[];
  readonly deny: { readonly tools: readonly string[] };
}

/** What a model is offered: only tools of which some call could be allowed. Names that no tool has are left out. */
export function visibleTools(tools: Tools, { mode, names, deny }: Visibility): readonly Tool[] {
  return [...new Set(names)]
    .map((name) => tools.get(name))
    .filter((tool) => tool !== undefined)
    .filter((tool) => hiddenBy(tool, mode, deny.tools) === undefined);
}

/**
 * Decides about one call. Reads the file system to see where paths lead, changes nothing, and never throws: what cannot
 * be judged is denied. The call may run later; what its paths lead to then is checked again by the tool.
 */
export async function judge(request: PermissionRequest): Promise<Verdict> {
  const { tool, args, folder } = request;
  let intent: ToolIntent = { summary: tool.name, paths: [] };
  try {
    intent = tool.intent(args);
    const places = await Promise.all(intent.paths.map((path) => resolveInside(folder, path)));
    return decide(request, { tool, intent, places });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const why = codeOf(error) === 'internal' ? `the call cannot be judged: ${reason}` : reason;
    return { kind: 'deny', why, summary: oneLine(intent.summary, SUMMARY_LENGTH) };
  }
}

/** A call whose paths are known. */
interface Judged {
  readonly tool: Tool;
  readonly intent: ToolIntent;
  readonly places: readonly Place[];
}

function decide({ mode, deny, grants }: PermissionRequest, call: Judged): Verdict {
  const { tool, intent, places } = call;
  const summary = oneLine(intent.summary, SUMMARY_LENGTH);
  const grantPath = intent.command ?? (places.length === 1 ? places[0]?.path : undefined);
  const verdict = (kind: Verdict['kind'], why: string): Verdict => ({
    kind,
    why,
    summary,
    ...(grantPath === undefined ? {} : { grantPath }),
  });

  const hidden = hiddenBy(tool, mode, deny.tools);
  if (hidden !== undefined) return verdict('deny', hidden);
  const denied = deniedPath(deny.paths, places);
  if (denied !== undefined) return verdict('deny', denied);
  const allowed = tool.asks === true ? undefined : allowedByMode(mode, call);
  if (allowed !== undefined) return verdict('allow', allowed);
  const grant = grants.find((saved) => covers(saved, call));
  if (grant !== undefined) return verdict('allow', `allowed before, scope "${grant.scope}"`);
  if (tool.asks === true) return verdict('ask', `the tool ${tool.name} asks each time`);
  return verdict('ask', `mode "${mode}" asks before ${tool.access === 'write' ? 'changes' : 'commands'}`);
}

function hiddenBy(tool: Tool, mode: Mode, deniedTools: readonly string[]): string | undefined {
  if (deniedTools.includes(tool.name)) return `rule deny.tools denies "${tool.name}"`;
  if (mode === 'read' && tool.access !== 'read') return 'mode "read" offers reading tools only';
  return undefined;
}

function deniedPath(rules: readonly string[], places: readonly Place[]): string | undefined {
  const ruleFor = denyRules(rules);
  for (const { relative, asked, given } of places) {
    const rule = ruleFor(relative) ?? ruleFor(asked);
    if (rule !== undefined) return `rule deny.paths "${rule}" denies "${given}"`;
  }
  return undefined;
}

function allowedByMode(mode: Mode, { tool, places }: Judged): string | undefined {
  if (tool.access === 'read') return `mode "${mode}" lets reading through`;
  if (mode === 'full') return 'mode "full" lets through what no rule denies';
  // A writing tool that names no path changes something that is not a file of this folder.
  if (mode === 'edits' && tool.access === 'write' && places.length > 0)
    return 'mode "edits" lets file changes inside the folder through';
  return undefined;
}

/** `once` covers nothing but the call it was given for, which is not judged again. A relative path is one of the session's folder. */
function covers(grant: Grant, { tool, intent, places }: Judged): boolean {
  if (grant.tool !== tool.name || grant.scope === 'once') return false;
  if (grant.scope !== 'path') return true;
  const { path } = grant;
  if (path === undefined) return false;
  if (intent.command !== undefined) return intent.command === path;
  return places.length > 0 && places.every((place) => isInside(resolve(place.root, path), place.path));
}
