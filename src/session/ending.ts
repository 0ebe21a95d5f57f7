import type { SessionEvent } from '../protocol/index.ts';

/**
 * Picks, of the events behind an input, the one after which nothing more comes of it by itself: its turn has finished, it was
 * withdrawn or is held, or the session has failed. That a human is waited for is in the state, not in an event.
 */
export function endOfInput(command: string): (event: SessionEvent) => boolean {
  let turn: string | undefined;
  return (event) => {
    if (event.type === 'input.delivered' && event.data.command === command) turn = event.turn;
    if (event.type === 'turn.finished') return event.turn === turn;
    if (event.type === 'input.withdrawn') return event.data.command === command;
    if (event.type === 'input.held') return event.data.commands.includes(command);
    return event.type === 'session.failed';
  };
}
