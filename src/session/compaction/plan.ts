// What a compaction replaces and what stays. Call and result are one entry, so they stay or go together.
import type { CompactionFailure, ErrorInfo } from '../../protocol/index.ts';
import { contextTokens, entryTokens } from '../budget.ts';
import type { Conversation, Entry, Summary } from '../conversation.ts';
import { inContext } from '../transcript.ts';

/** Of the context, the newest part that stays as it is. */
const RECENT = 0.25;
/** Of the context, what the summary may have at most. */
const SUMMARY = 0.25;
/** Of the context, what a compaction must free at least: less would soon be asked for again. */
const MIN_FREED = 0.25;

export interface Plan {
  /** The first event whose message stays. */
  readonly before: number;
  readonly replaced: readonly Entry[];
  /** What was summed up before, and goes into the new summary. */
  readonly previous: Summary | undefined;
  readonly tokens: {
    /** Of the conversation now. */
    readonly before: number;
    /** Of what stays beside the summary. */
    readonly kept: number;
    /** What the summary may have at most. */
    readonly summary: number;
  };
}

export interface Futile {
  readonly reason: CompactionFailure;
  readonly error: ErrorInfo;
}

/** `room` is what the conversation may have; all by estimate. */
export function planCompaction(conversation: Conversation, room: number): Plan | Futile {
  const { question, summary: previous, entries } = inContext(conversation);
  const used = contextTokens(conversation);
  const base = Math.min(used, Math.max(0, room));
  const index = firstKept(entries, base * RECENT);
  const kept = entries.slice(index);
  const asked = kept.some(isAsked) ? undefined : (entries.findLast(isAsked) ?? question);
  const entry = kept[0];
  if (index === 0 || entry === undefined) return futile('nothing', { used, stays: used });
  const stays = sum([...(asked === undefined ? [] : [asked]), ...kept].map(entryTokens));
  if (stays > used * (1 - MIN_FREED)) return futile('unhelpful', { used, stays });
  const summary = Math.floor(Math.min(base * SUMMARY, used * (1 - MIN_FREED) - stays));
  const replaced = entries.slice(0, index);
  return { before: entry.seq, replaced, previous, tokens: { before: used, kept: stays, summary } };
}

/** From here on entries stay: the newest, as many as fit, at least one with anything in it, and a step whose calls are open. */
function firstKept(entries: readonly Entry[], most: number): number {
  let kept = 0;
  let first = entries.length;
  while (first > 0) {
    kept += costAt(entries, first - 1);
    if (kept > most) break;
    first--;
  }
  const newest = entries.findLastIndex((entry) => entry.kind !== 'step' || entry.pieces.length > 0);
  const open = entries.findIndex(isOpen);
  return Math.max(0, Math.min(first, newest, open === -1 ? first : open));
}

function costAt(entries: readonly Entry[], index: number): number {
  const entry = entries[index];
  return entry === undefined ? 0 : entryTokens(entry);
}

function isAsked({ kind }: Entry): boolean {
  return kind === 'user';
}

function isOpen(entry: Entry): boolean {
  if (entry.kind !== 'step') return false;
  const calls = entry.pieces.filter(({ kind }) => kind === 'call').length;
  return entry.state === 'open' || (entry.state === 'finished' && entry.results.size < calls);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function futile(
  reason: 'nothing' | 'unhelpful',
  { used, stays }: { readonly used: number; readonly stays: number },
): Futile {
  const message =
    reason === 'nothing'
      ? `There is nothing to sum up: the ${String(used)} tokens in context are all recent.`
      : `A compaction would free too little: ${String(stays)} of ${String(used)} tokens are recent and stay. Give the session a model with a larger window, smaller tool outputs (limits.toolContextBytes), or begin a new one.`;
  return { reason, error: { code: reason === 'nothing' ? 'conflict' : 'limit_reached', message } };
}
