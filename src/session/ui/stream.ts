import type { ViewItem } from '../../protocol/index.ts';
import { endOfInput } from '../ending.ts';
import type { UiChunk } from './chunks.ts';
import { UiMessage } from './message.ts';

/** Which turn is the message; left out, the first one that starts. */
export interface UiStart {
  /** One that is open already. */
  readonly turn?: string;
  /** The one that delivers this input. */
  readonly command?: string;
}

/**
 * What an AI SDK front end reads, from the items of a session (`session.run`, `session.follow`): one message for one turn. It ends with
 * the turn; items that end before it leave a message that waits for a human, or says that the input was not taken up.
 */
export async function* uiChunks(
  items: AsyncIterable<ViewItem>,
  start: UiStart = {},
): AsyncGenerator<UiChunk> {
  const given = start.command === undefined ? () => false : endOfInput(start.command);
  let [message, turn]: [UiMessage | undefined, string | undefined] = [undefined, undefined];
  for await (const item of items) {
    if (message === undefined) {
      turn = turnOf(item, start);
      if (turn === undefined) {
        if (item.type !== 'delta' && given(item)) break;
        continue;
      }
      message = new UiMessage(turn);
      yield* message.start(item.session);
    }
    yield* message.take(item);
    if (item.type === 'turn.finished' && item.turn === turn) return;
  }
  yield* message?.rest() ?? NOT_TAKEN_UP;
}

const NOT_TAKEN_UP: readonly UiChunk[] = [
  { type: 'error', errorText: 'The input was not taken up: it waits in its session, or was withdrawn.' },
  { type: 'finish', finishReason: 'error' },
];

function turnOf(item: ViewItem, { turn, command }: UiStart): string | undefined {
  if (turn !== undefined) return turn;
  if (command === undefined) return item.type === 'turn.started' ? item.turn : undefined;
  return item.type === 'input.delivered' && item.data.command === command ? item.turn : undefined;
}
