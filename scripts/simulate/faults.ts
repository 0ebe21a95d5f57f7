// Ten faults that a runtime like this one could have, as changes to the code that really runs. The simulator is worth what it finds of them.
// A change whose text is not in its file exactly once is an error: the table cannot grow old unnoticed.

export interface Fault {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'acknowledge before the sync',
    file: 'src/runtime/actor.ts',
    find: 'results = await this.#append(groups);',
    replace: `for (const { mail, decided } of pending) mail.answer.resolve(decided.reply);
      results = await this.#append(groups);`,
  },
  {
    name: 'skip the de-duplication',
    file: 'src/store/judge.ts',
    find: 'repeatedCommand(group, evidence) ??',
    replace: '',
  },
  {
    name: 'lose a cancel',
    file: 'src/session/decide/advance.ts',
    find: "draft.add('turn.cancel-requested', { by, ...(reason === undefined ? {} : { reason }) });",
    replace: '',
  },
  {
    name: 'a cursor off by one',
    file: 'src/runtime/catch-up.ts',
    find: '{ after: place.seq, limit: PAGE }',
    replace: '{ after: place.seq + 1, limit: PAGE }',
  },
  {
    name: 'leak a slot',
    file: 'src/runtime/performer.ts',
    find: 'this.#slot[Symbol.dispose]();',
    replace: '',
  },
  {
    name: 'swallow a write error',
    file: 'src/runtime/actor.ts',
    find: 'results = await this.#append(groups);',
    replace: `results = await this.#append(groups).catch(() => groups.map(() => ({ kind: 'accepted' as const, seq: 0, hash: '' })));`,
  },
  {
    name: 'run a tool again at a recovery',
    file: 'src/session/interrupt.ts',
    find: "return call.idempotent ? { ...call, status: 'allowed' } : call;",
    replace: "return { ...call, status: 'allowed' };",
  },
  {
    name: 'drop a queued input',
    file: 'src/session/evolve.ts',
    find: `    turn: undefined,
    lastOutcome: data.outcome,`,
    replace: `    turn: undefined,
    inputs: [],
    lastOutcome: data.outcome,`,
  },
  {
    name: 'release a slot twice',
    file: 'src/runtime/admission/slots.ts',
    find: 'this.#held.delete(slot);',
    replace: 'for (const freed of [slot, ...this.#held].slice(0, 3)) this.#held.delete(freed);',
  },
  {
    name: 'ignore a fence',
    file: 'src/store/judge.ts',
    find: "if (fence !== current) return { kind: 'fenced', fence: current };",
    replace: '',
  },
];

/** The file's text with the fault in it. */
export function plantedIn({ name, file, find, replace }: Fault, text: string): string {
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new Error(
      `The fault "${name}" cannot be planted: its text is in ${file} ${String(parts.length - 1)} times, not once. Adjust the table.`,
    );
  return parts.join(replace);
}
