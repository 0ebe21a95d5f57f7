import type { Deferred } from '../base/index.ts';
import { CarrelError, type CommandReply } from '../protocol/index.ts';
import type { AnyCommand } from '../session/index.ts';
import type { AppendResult } from '../store/index.ts';
import { bodyHash } from './body-hash.ts';
import type { Scope } from './scope.ts';

/** A command on its way to a decision, and who waits for it. */
export interface Mail {
  readonly session: string;
  /** Whose command it is: an id is one's own. */
  readonly identity: string;
  readonly command: AnyCommand;
  readonly answer: Deferred<CommandReply>;
}

/** A command of a client has an id: it is answered the same whenever it comes again. Results of effects have none. */
export function isClients(mail: Mail): boolean {
  return 'id' in mail.command;
}

/** Refuses, but for a repeat of a command that was carried out: that gets its stored reply, even where it would be refused now. */
export async function refuse(scope: Scope, mail: Mail, error: CarrelError): Promise<void> {
  const { session, identity, command, answer } = mail;
  if (!('id' in command)) return answer.reject(error);
  try {
    const known = await scope.store.command(identity, command.id, bodyHash(command, session));
    if (known === undefined) answer.reject(error);
    else answerRepeat(mail, known);
  } catch (cause) {
    answer.reject(cause);
  }
}

function answerRepeat(
  { command, answer }: Mail,
  known: { readonly same: boolean; readonly reply: unknown },
): void {
  if (known.same) return answer.resolve(known.reply as CommandReply);
  const name = 'id' in command ? command.id : command.type;
  answer.reject(
    new CarrelError(
      'conflict',
      `Command ${name} was used before with another body, or for another session: use a new id.`,
    ),
  );
}

/** Answers what the store did not take. Gives the error when nothing of this actor will be taken any more. */
export function answerRefused(mail: Mail, result: AppendResult | undefined): CarrelError | undefined {
  if (result?.kind === 'repeated') {
    answerRepeat(mail, result);
    return undefined;
  }
  if (result?.kind === 'name_taken') {
    const message = `Another session of this folder has that name (${result.by}): choose another.`;
    mail.answer.reject(new CarrelError('already_exists', message, { data: { session: result.by } }));
    return undefined;
  }
  const error = lost(result);
  mail.answer.reject(error);
  return error;
}

/** Someone else writes this session; with a `fence` in the data, someone who claimed it since. */
export function lost(result: AppendResult | undefined): CarrelError {
  const why =
    result?.kind === 'fenced'
      ? `claim ${String(result.fence)} holds it`
      : result?.kind === 'conflict'
        ? result.why
        : 'the store gave no answer';
  return new CarrelError('conflict', `The session was written by someone else: ${why}. Ask again.`, {
    data: result?.kind === 'fenced' ? { fence: result.fence } : {},
  });
}

/** Another host has claimed the session: it is that one's to go on with. */
export function isTaken(error: unknown): boolean {
  return error instanceof CarrelError && error.data['fence'] !== undefined;
}
