// A message may start a turn of a session that is allowed more than its sender: it is judged like a command.
import type { Tool } from '../port.ts';
import { defineTool, failed } from './define.ts';

export interface MessageArgs {
  readonly to: string;
  readonly text: string;
  readonly delivery?: 'steer' | 'queue';
}

/** Characters of a message: what is longer belongs into a file. */
const MOST_CHARS = 65_536;

/** Sends an input to another session, which sees who sent it. Saying it again after a crash delivers it once. */
export const messageTool: Tool = defineTool<MessageArgs>({
  name: 'message',
  description:
    'Send a message to another session. It is told who sent it, and starts to work on it, or gets it while it works. You do ' +
    'not wait for an answer: the other session may send you one.',
  parameters: {
    type: 'object',
    properties: {
      to: {
        type: 'string',
        minLength: 1,
        description: 'Name of the session, first in this folder, or its id.',
      },
      text: { type: 'string', pattern: '\\S', maxLength: MOST_CHARS, description: 'The message.' },
      delivery: {
        enum: ['steer', 'queue'],
        description: 'steer: before its next step. queue: when its turn has ended. Default: queue.',
      },
    },
    required: ['to', 'text'],
    additionalProperties: false,
  },
  access: 'execute',
  idempotent: true,
  parallel: false,
  kind: 'message',
  // Scope `path` of an approval then covers further messages to this session.
  intent: ({ to, text }) => ({ summary: `message ${to}: ${text}`, paths: [], command: `message ${to}` }),
  run: () =>
    Promise.resolve(failed({ code: 'tool_failed', message: 'a message can only be sent inside a session' })),
});
