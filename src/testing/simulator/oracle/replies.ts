// P1 and P10: what is acknowledged is in the journal, at the place that the reply names.
import type { Command, CommandReply, SessionEvent } from '../../../protocol/index.ts';
import type { Journal } from '../journal.ts';

type Proof = (event: SessionEvent, command: Command, reply: CommandReply) => boolean;

/** The event that must be there, by the type of the command. What is not named here leads to one that carries the command's id. */
const PROOFS: Partial<Record<Command['type'], Proof>> = {
  'input/send': ({ type, data }, { id }) => type === 'input.accepted' && data.command === id,
  'input/withdraw': ({ type, cause }, { id }) => type === 'input.withdrawn' && cause === id,
  // A second cancel of a turn is answered without a second event.
  'turn/cancel': ({ type, turn }, _command, reply) => type === 'turn.cancel-requested' && turn === reply.turn,
};

const caused: Proof = ({ cause }, { id }) => cause === id;

export function proofProblem(command: Command, reply: CommandReply, journal: Journal): string | undefined {
  if (journal.head < reply.seq)
    return `its journal ends at ${String(journal.head)}, not at ${String(reply.seq)}`;
  const proof = PROOFS[command.type] ?? caused;
  const proven = journal.events.slice(0, reply.seq).some((event) => proof(event, command, reply));
  return proven ? undefined : `nothing of it is in the journal up to ${String(reply.seq)}`;
}
