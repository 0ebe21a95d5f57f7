// The inline question for one waiting call.
import { oneLine, stripControls } from '../base/index.ts';
import type { Scope } from '../protocol/index.ts';
import type { WaitingCall } from './approvals.ts';
import type { Question } from './questions.ts';
import { mark, paint } from './render/style.ts';
import type { Terminal } from './terminal.ts';

export type Answer =
  | { readonly decision: 'allow'; readonly scope: Scope }
  | { readonly decision: 'deny'; readonly reason?: string };

const SCOPES: Readonly<Record<string, Scope>> = { y: 'once', s: 'session', p: 'path', a: 'always' };

/** Asks until there is an answer; undefined when the input ended, and the call goes on waiting. Rejects when the signal aborts. */
export async function askAbout(
  call: WaitingCall & Partial<Question>,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Answer | undefined> {
  const { err } = terminal;
  const whose = call.below === true ? `${call.name ?? ''}: ` : '';
  err.write(
    `${mark(err, 'ask')} ${whose}${paint(err, 'bold', oneLine(call.summary, 500))}\n  ${oneLine(call.why, 300)}\n`,
  );
  for (;;) {
    const line = await terminal.ask(`  ${choices(call)} `, signal);
    if (line === undefined) return undefined;
    const key = line.trim().toLowerCase().slice(0, 1);
    const scope = SCOPES[key];
    if (scope !== undefined && (scope !== 'path' || call.path !== undefined))
      return { decision: 'allow', scope };
    if (key === 'n') return deny(terminal, signal);
    if (key === 'd') err.write(`${details(call)}\n`);
  }
}

function choices(call: WaitingCall): string {
  const path = call.path === undefined ? '' : ` [p] always: ${oneLine(call.path, 60)}`;
  return `[y] once [s] this session${path} [a] always: ${call.tool} [n] deny [d] details:`;
}

async function deny(terminal: Terminal, signal: AbortSignal): Promise<Answer> {
  const reason = (await terminal.ask('  why, for the model (may be empty): ', signal))?.trim() ?? '';
  return reason === '' ? { decision: 'deny' } : { decision: 'deny', reason };
}

function details(call: WaitingCall): string {
  const args = stripControls(JSON.stringify(call.args, undefined, 2)).replace(/^/gm, '    ');
  return `  ${call.call}, tool ${call.tool}, expires ${new Date(call.expiresAt).toISOString()}\n${args}`;
}
