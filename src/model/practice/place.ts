// What the practice model does next is a pure function of the transcript, so that it goes on from the right place after a
// crash, after an interrupted text, or in another process.
import { cutStart, oneLine } from '../../base/index.ts';
import type { CallPart, Message, ResultPart } from '../../protocol/index.ts';
import { GRAMMAR, instructionsOf, type Instruction, type PracticeCall } from './grammar.ts';

export interface Shown {
  readonly kind: 'text' | 'reasoning';
  readonly text: string;
}

/** One step: what it shows, then its calls; the last step of a plan has none. */
export interface PracticeStep {
  readonly shown: readonly Shown[];
  readonly calls: readonly PracticeCall[];
}

/** It says so in every turn. */
const OPENING = 'This is the practice model: no AI, only rules.\n';

/** What to do next: the step that is due, without what the transcript already has of its text. */
export function nextStep(messages: readonly Message[], offered: ReadonlySet<string>): PracticeStep {
  const start = taskIndex(messages);
  const done = messages.slice(start + 1).flatMap(answered);
  const calls = done.filter((part) => part.type === 'call').length;
  const task = messages[start];
  const steps = plan(task === undefined ? '' : textOf(task), offered);
  const step = steps[stepAfter(steps, calls)] ?? { shown: [], calls: [] };
  const shown =
    step.calls.length > 0 ? step.shown : [...step.shown, { kind: 'text' as const, text: summary(done) }];
  const left = without(shown, texts(done));
  const nothing = left.length === 0 && step.calls.length === 0;
  return { shown: nothing ? [{ kind: 'text', text: 'Nothing is left to do.' }] : left, calls: step.calls };
}

const textOf = (message: Message): string =>
  message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('\n');

/** The newest user message, passing over those that only ask to continue. */
function taskIndex(messages: readonly Message[]): number {
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at];
    if (message?.role !== 'user') continue;
    const text = textOf(message);
    if (instructionsOf(text).length > 0 || !/\bcontinue\b/i.test(text)) return at;
  }
  return -1;
}

type Answered = { readonly type: 'text'; readonly text: string } | CallPart | ResultPart;

const answered = (message: Message): readonly Answered[] =>
  message.role === 'user' ? [] : message.parts.filter((part) => part.type !== 'reasoning');

/** Texts since the last call: of the step that is due. */
function texts(done: readonly Answered[]): readonly string[] {
  const last = done.findLastIndex((part) => part.type === 'call');
  return done.slice(last + 1).flatMap((part) => (part.type === 'text' ? [part.text] : []));
}

function plan(task: string, offered: ReadonlySet<string>): readonly PracticeStep[] {
  const instructions = instructionsOf(task);
  const steps: PracticeStep[] = [];
  let shown: Shown[] = [{ kind: 'text', text: OPENING }];
  const say = (text: string): unknown => shown.push({ kind: 'text', text: `${text}\n` });
  if (instructions.length === 0) say(GRAMMAR);
  for (const instruction of instructions) {
    const calls = callsOf(instruction).filter(({ tool }) => offered.has(tool));
    for (const { tool } of callsOf(instruction)) if (!offered.has(tool)) say(`${tool}: not offered.`);
    if (instruction.kind === 'text') say(instruction.text);
    if (instruction.kind === 'reasoning') shown.push(instruction);
    if (calls.length === 0) continue;
    steps.push({ shown, calls });
    shown = [];
  }
  return [...steps, { shown, calls: [] }];
}

const callsOf = (instruction: Instruction): readonly PracticeCall[] =>
  instruction.kind === 'calls' ? instruction.calls : [];

/** The first step that the given number of calls does not cover. */
function stepAfter(steps: readonly PracticeStep[], calls: number): number {
  let covered = 0;
  const at = steps.findIndex((step) => (covered += step.calls.length) > calls);
  return at === -1 ? steps.length - 1 : at;
}

/** One line about what the tools answered. */
function summary(done: readonly Answered[]): string {
  const results = done.filter((part) => part.type === 'result');
  if (results.length === 0) return 'Done; no tool was used.';
  const each = results.map(({ tool, ok, text }) => `${tool} ${ok ? 'ok' : 'failed'} (${oneLine(text, 60)})`);
  return `Done; the tools answered: ${each.join(', ')}.`;
}

/** What is left of `shown` when the transcript has these texts of it already. */
function without(shown: readonly Shown[], given: readonly string[]): readonly Shown[] {
  const whole = shown.map(({ kind, text }) => (kind === 'text' ? text : '')).join('');
  let skip = given.reduce((at, text) => at + common(whole.slice(at), text), 0);
  return shown.flatMap((part) => {
    if (part.kind === 'reasoning') return skip > 0 ? [] : [part];
    const text = part.text.slice(skip);
    skip = Math.max(0, skip - part.text.length);
    return text === '' ? [] : [{ kind: part.kind, text }];
  });
}

/** Length of the common start of two texts, never inside a surrogate pair. */
function common(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a.charCodeAt(length) === b.charCodeAt(length)) length++;
  return cutStart(a, length).length;
}
