import { expect, it } from 'vitest';
import type { Message } from '../protocol/index.ts';
import { asCommand, BUSY, call, play, reasoning, send, text, type Answer } from './fixtures.ts';
import { Conversation, CUT_NOTE, transcript, transcriptProblems } from './index.ts';
import type { Interpreter } from './interpreter.fixture.ts';

function conversationOf(answers: readonly Answer[], drive?: (self: Interpreter) => unknown): Conversation {
  const { journal } = play({ answers, ...(drive === undefined ? {} : { drive }) });
  return new Conversation().addAll(journal);
}

function texts(messages: readonly Message[]): string[] {
  return messages.map(
    ({ role, parts }) =>
      `${role}: ${parts.map((part) => ('text' in part ? part.text : part.type)).join(' + ')}`,
  );
}

it.each([
  ['the model that answered', 'test', ['user: hi', 'assistant: hm + hello', 'user: and?']],
  ['another', 'other', ['user: hi', 'assistant: hello', 'user: and?']],
])('reasoning goes back to %s', (_whom, provider, sent) => {
  const conversation = conversationOf([[reasoning('hm'), text('hello')]], (self) =>
    self.submit(send('and?')),
  );
  expect(texts(transcript(conversation, { provider }).slice(0, 3))).toEqual(sent);
});

it.each(['session/fail', 'session/crash'] as const)('after %s nothing streams', (type) => {
  const { journal } = play({
    answers: [{ silentAfter: '' }],
    drive: (self) => {
      self.submit({ type, error: { code: 'internal', message: 'lost' } });
      if (type === 'session/crash') self.restart();
    },
  });
  const [, step] = new Conversation().addAll(journal).entries;
  expect(step).toMatchObject({ kind: 'step', state: 'interrupted' });
});

it('what a step that did not finish showed is sent without reasoning and opaque data', () => {
  const { journal } = play({ answers: [{ silentAfter: '' }] });
  const conversation = new Conversation().addAll(journal);
  const step = conversation.entries.at(-1);
  if (step?.kind !== 'step') throw new Error('there is no step');
  const provider = { name: 'test', data: 1 };
  step.pieces.push(
    { kind: 'reasoning', text: 'hm', interrupted: true, provider },
    { kind: 'text', text: 'hel', interrupted: true, provider },
  );
  expect(transcript(conversation, { provider: 'test' })[1]).toEqual({
    role: 'assistant',
    parts: [{ type: 'text', text: 'hel' }],
  });
});

it('neighbouring messages of the user are one message', () => {
  const conversation = conversationOf([{ failed: BUSY }], (self) => [
    self.submit(asCommand({ type: 'context/add', role: 'note', text: 'mind the step' })),
    self.submit(send('two', { source: { kind: 'session', name: 'other' } })),
  ]);
  expect(texts(transcript(conversation, { provider: 'test' })).slice(0, 1)).toEqual([
    'user: hi + [Note from the system]\nmind the step + [From session other]\ntwo',
  ]);
});

it('a call whose result is not in the journal has one that says so', () => {
  const { journal } = play({ answers: [[call('a', { does: 'hang' })]] });
  const messages = transcript(new Conversation().addAll(journal), { provider: 'test' });
  expect(texts(messages).at(-1)).toMatch(/^tool: The outcome of this call is unknown/);
  expect(transcriptProblems(messages)).toEqual([]);
});

it('a cut leaves a note, and the question that stands before it', () => {
  const conversation = conversationOf([[text('hello')], [call('a')]], (self) => self.submit(send('and?')));
  const steps = conversation.entries.filter(({ kind }) => kind === 'step');
  conversation.cutBefore = steps[0]?.seq ?? 0;
  expect(texts(transcript(conversation, { provider: 'test' })).slice(0, 2)).toEqual([
    `user: ${CUT_NOTE}`,
    'assistant: hello',
  ]);
  conversation.cutBefore = steps[1]?.seq ?? 0;
  expect(texts(transcript(conversation, { provider: 'test' })).slice(0, 2)).toEqual([
    `user: and? + ${CUT_NOTE}`,
    'assistant: call',
  ]);
});

const user: Message = { role: 'user', parts: [{ type: 'text', text: 'hi' }] };
const said: Message = { role: 'assistant', parts: [{ type: 'text', text: 'hello' }] };
const called = (...ids: string[]): Message => ({
  role: 'assistant',
  parts: ids.map((id) => ({ type: 'call', call: id, tool: 'a', args: {} })),
});
const answered = (...ids: string[]): Message => ({
  role: 'tool',
  parts: ids.map((id) => ({ type: 'result', call: id, tool: 'a', ok: true, text: 'ok' })),
});

it.each<[string, readonly Message[]]>([
  ['nothing', []],
  ['an assistant at the end', [user, said]],
  ['an assistant at the beginning', [said, user]],
  ['two of the user', [user, user]],
  ['an empty message', [{ role: 'user', parts: [] }]],
  ['a blank text', [{ role: 'user', parts: [{ type: 'text', text: ' ' }] }]],
  ['a call without a result', [user, called('1'), user]],
  ['a result without a call', [user, answered('1')]],
  ['a result of another call', [user, called('1'), answered('2')]],
  ['results in another order', [user, called('1', '2'), answered('2', '1')]],
  ['a call that stands twice', [user, called('1'), answered('1'), called('1'), answered('1')]],
])('%s is not a closed transcript', (_what, messages) => {
  expect(transcriptProblems(messages)).not.toEqual([]);
});

it('calls with their results in order are a closed transcript', () => {
  expect(
    transcriptProblems([user, called('1', '2'), answered('1', '2'), called('3'), answered('3')]),
  ).toEqual([]);
});
