// Who sent a command stands in the journal for ever, in front of the model and of whoever checks an approval. So it is written by
// the link that knows the sender, and not by the sender.
import { oneLine } from '../base/index.ts';
import { CarrelError, COMMANDS, type CommandType, type Source } from '../protocol/index.ts';

/** As `Source` has it. */
const NAME_LENGTH = 128;

/**
 * The body of a command with its sender as the identity: the kind as sent (default `user`), and the name that a sender gives
 * itself behind that of the identity. `forbidden` for whatever only the host itself sends.
 */
export function attributed(type: CommandType, body: object, identity: string): object {
  const fields = (['by', 'source'] as const).filter((field) => field in COMMANDS[type].shape);
  const sent = body as { readonly by?: Source | undefined; readonly source?: Source | undefined };
  return { ...body, ...Object.fromEntries(fields.map((field) => [field, senderOf(sent[field], identity)])) };
}

function senderOf({ kind, name }: Source = { kind: 'user' }, identity: string): Source {
  if (kind !== 'user' && kind !== 'program') {
    const message = `Only the host sends in the name of a ${kind}: ${identity} may send as "user" or as "program".`;
    throw new CarrelError('forbidden', message);
  }
  return { kind, name: name === undefined ? identity : oneLine(`${identity}/${name}`, NAME_LENGTH) };
}
