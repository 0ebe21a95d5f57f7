// One message from outside, checked: what passes is a request that is safe to look at more closely.
import { isJsonObject, parseJson, type Json } from '../base/index.ts';
import { RpcRequest, toRpcError, type ErrorCode, type RpcError, type RpcId } from '../protocol/index.ts';
import type { z } from 'zod';

/** Levels of a message. No shape of the protocol has a quarter of them, and checking is recursive. */
const MAX_DEPTH = 64;
/** Values of a message: lists, objects and what is in them. The largest that is used has some hundreds; checking a million takes a second. */
const MAX_VALUES = 10_000;
/** A message below it cannot hold enough values to hurt. */
const SMALL_TEXT = 64 * 1024;

/** Numbers that JSON-RPC itself has; everything else has the number of its code. */
const PARSE_ERROR = -32_700;
const INVALID_REQUEST = -32_600;

export type ReadMessage =
  | { readonly ok: true; readonly request: RpcRequest }
  | { readonly ok: false; readonly id: RpcId | null; readonly error: RpcError };

export function readMessage(text: string): ReadMessage {
  if (text.length > SMALL_TEXT && hasTooMany(text)) return refused(null, INVALID_REQUEST, TOO_MANY);
  const parsed = parseJson(text);
  if (!parsed.ok) return refused(null, PARSE_ERROR, `this is not JSON: ${parsed.error.message}`);
  const { value } = parsed;
  const id = idOf(value);
  const problem = Array.isArray(value) ? 'send one request a message, not a list of them' : unsafe(value);
  if (problem !== undefined) return refused(id, INVALID_REQUEST, problem);
  const request = RpcRequest.safeParse(value);
  if (!request.success) return refused(id, INVALID_REQUEST, explain('', request.error));
  return { ok: true, request: request.data };
}

/** What a schema found, each with its path: `params.text: …`. */
export function explain(root: string, { issues }: z.core.$ZodError): string {
  return issues
    .slice(0, MOST_ISSUES)
    .map(({ path, message }) => {
      const at = [...(root === '' ? [] : [root]), ...path.map(String)].join('.');
      return at === '' ? message : `${at}: ${message}`;
    })
    .join('; ');
}

/** A reader mends the first ones first. */
const MOST_ISSUES = 5;

const TOO_MANY = `it has more than ${String(MAX_VALUES)} values`;
const [QUOTE, BACKSLASH, COMMA, BRACKET, BRACE] = [0x22, 0x5c, 0x2c, 0x5b, 0x7b];

/** Before anything is made of it: what stands between quotes does not count, however long. */
function hasTooMany(text: string): boolean {
  let values = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfText(text, at);
    else if ((code === COMMA || code === BRACKET || code === BRACE) && ++values > MAX_VALUES) return true;
  }
  return false;
}

function endOfText(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}

function refused(id: RpcId | null, number: number, message: string): ReadMessage {
  const code: ErrorCode = 'invalid_params';
  return { ok: false, id, error: { ...toRpcError({ code, message }), code: number } };
}

/** So that even a bad request is answered to whoever asked. */
function idOf(value: Json): RpcId | null {
  const id = isJsonObject(value) ? value['id'] : undefined;
  return typeof id === 'string' || Number.isSafeInteger(id) ? (id as RpcId) : null;
}

/** Walks without recursion: a message may be deeper than the stack. */
function unsafe(value: Json): string | undefined {
  let level: readonly Json[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return `it is more than ${String(MAX_DEPTH)} levels deep`;
    const below: Json[] = [];
    for (const node of level) {
      if (typeof node !== 'object' || node === null) continue;
      if (Object.hasOwn(node, '__proto__')) return 'no member may be called "__proto__"';
      for (const child of Object.values(node))
        if (typeof child === 'object' && child !== null) below.push(child);
    }
    level = below;
  }
  return undefined;
}
