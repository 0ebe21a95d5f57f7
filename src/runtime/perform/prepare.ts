// Calls as a model sent them become calls that can be run: arguments checked, the first of them judged at once.
import { checkArguments, judge as judgeCall, type SpawnArgs, type Tool } from '../../tool/index.ts';
import type { Judgement, RequestedCall, SessionState } from '../../session/index.ts';
import type { JsonObject } from '../../base/index.ts';
import { childProfile } from '../children/ceiling.ts';
import type { Equipment } from '../equipment.ts';
import type { Answer, RawCall } from './answer.ts';
import type { Work } from './view.ts';

export async function prepareCalls(work: Work, answer: Answer): Promise<readonly RequestedCall[]> {
  const equipment = await work.scope.equip(work.view.state.folder);
  const calls = answer.calls.map((call) => prepare(work, equipment, call));
  const parallel = calls.every((call) => call.parallel);
  return Promise.all(
    calls.map(async (call, index) => {
      const tool = equipment.tools.get(call.tool);
      if (call.invalid !== undefined || tool === undefined || !(index === 0 || parallel)) return call;
      return { ...call, judgement: await judgement(work, tool, call.args) };
    }),
  );
}

function prepare(
  { view }: Work,
  equipment: Equipment,
  { tool: name, args, provider }: RawCall,
): RequestedCall {
  const base = {
    tool: name,
    args: {},
    raw: args,
    idempotent: false,
    parallel: false,
    ...(provider === undefined ? {} : { provider }),
  };
  const { profile, turn } = view.state;
  const offered = turn?.without?.includes('tools') === true ? [] : profile.tools;
  const tool = offered.includes(name) ? equipment.tools.get(name) : undefined;
  if (tool === undefined) {
    const message = `There is no tool ${JSON.stringify(name)}. Offered are: ${offered.join(', ') || 'none'}.`;
    return { ...base, invalid: { code: 'not_found', message } };
  }
  const { access, idempotent, parallel } = tool;
  const checked = checkArguments(tool, args);
  if (!checked.ok) return { ...base, access, invalid: checked.error };
  const { raw: _raw, ...rest } = base;
  const call = { ...rest, args: checked.args, access, idempotent, parallel };
  return tool.kind === 'spawn' ? { ...call, ...spawning(equipment, view.state, checked.args) } : call;
}

/** A child that may not be is refused before it is in the journal. */
function spawning(
  { profiles }: Equipment,
  parent: SessionState,
  args: JsonObject,
): Pick<RequestedCall, 'spawns' | 'wants' | 'invalid'> {
  const asked = args as unknown as SpawnArgs;
  const ceiling = childProfile({ parent, profiles, args: asked });
  if (!ceiling.ok) return { invalid: ceiling.error };
  return { spawns: true, ...(asked.budget === undefined ? {} : { wants: asked.budget }) };
}

/** Asks permission for one call, with everything that was allowed so far. */
export async function judgement({ scope, view }: Work, tool: Tool, args: JsonObject): Promise<Judgement> {
  const { profile, folder, grants } = view.state;
  const equipment = await scope.equip(folder);
  return judgeCall({
    tool,
    args,
    folder,
    mode: profile.mode,
    grants: [...equipment.grants(), ...grants],
    deny: profile.deny,
  });
}
