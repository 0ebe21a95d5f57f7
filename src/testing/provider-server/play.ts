// Plays a scripted answer: one performer per kind of step.
import { inPieces, type Answer, type Step } from './answer.ts';
import { Player, type PlayerOptions } from './player.ts';
import type { Part } from './wire.ts';

type StepName = Step extends infer S ? (S extends Step ? keyof S & string : never) : never;
type StepOf<N extends StepName> = Extract<Step, { readonly [K in N]: unknown }>;

/** `over`: the answer has ended. */
type Outcome = 'over' | undefined;
type Performers = { readonly [N in MainKey]: (player: Player, step: StepOf<N>) => Promise<Outcome> };
type MainKey = Exclude<StepName, 'pieces' | 'everyMs' | 'signature' | 'message' | 'retryAfter'>;

interface Growth {
  readonly pieces?: number | undefined;
  readonly everyMs?: number | undefined;
}

async function growInPieces(
  player: Player,
  part: Part,
  { text, pieces = 1, everyMs }: Growth & { text: string },
): Promise<void> {
  for (const [i, piece] of inPieces(text, pieces).entries()) {
    if (i > 0) await player.pause(everyMs);
    await player.grow(part, piece);
  }
}

/** Arguments arrive in pieces from every real provider. */
const ARGUMENT_PIECES = 3;

const PERFORM: Performers = {
  async text(player, { text, ...growth }) {
    await player.open();
    await growInPieces(player, await player.begin('text'), { text, ...growth });
    return undefined;
  },
  async reasoning(player, { reasoning, signature, ...growth }) {
    await player.open();
    const part = await player.begin('reasoning');
    part.signature ??= signature;
    await growInPieces(player, part, { text: reasoning, ...growth });
    return undefined;
  },
  async call(player, { call: { tool, args, id, pieces = ARGUMENT_PIECES, everyMs } }) {
    await player.open();
    const part = await player.begin('call', { tool, id });
    const whole = typeof args === 'string' ? args : JSON.stringify(args);
    part.cut = player.cutsArguments;
    const text = part.cut ? whole.slice(0, Math.floor(whole.length / 2)) : whole;
    await growInPieces(player, part, { text, pieces, everyMs });
    await player.end();
    return undefined;
  },
  usage(player, { usage }) {
    player.usage = usage;
    return Promise.resolve(undefined);
  },
  async finish(player, { finish }) {
    await player.finish(finish);
    return 'over';
  },
  async delayMs(player, { delayMs }) {
    await player.pause(delayMs);
    return undefined;
  },
  async wait(player, { wait }) {
    await player.waitFor(wait);
    return undefined;
  },
  async silence(player) {
    await player.open();
    await player.waitFor(new Promise(() => undefined));
    return 'over';
  },
  async ping(player, { ping, everyMs }) {
    await player.open();
    for (let i = 0; i < ping; i++) {
      if (i > 0) await player.pause(everyMs);
      await player.ping();
    }
    return undefined;
  },
  async status(player, failure) {
    await player.fail(failure);
    return 'over';
  },
  async overflow(player) {
    await player.fail({ status: 400, reason: 'overflow' });
    return 'over';
  },
  reset(player) {
    player.outlet.reset();
    return Promise.resolve('over');
  },
  async halfClose(player) {
    await player.open();
    player.outlet.end();
    return 'over';
  },
  async garbage(player, { garbage }) {
    await player.open();
    await player.send('garbage', garbage, garbage);
    return undefined;
  },
  splitBytes(player, { splitBytes }) {
    player.splitBytes = splitBytes;
    return Promise.resolve(undefined);
  },
  truncateArgs(player) {
    player.cutsArguments = true;
    return Promise.resolve(undefined);
  },
};

const MAIN_KEYS = Object.keys(PERFORM) as MainKey[];

function perform(player: Player, step: Step): Promise<Outcome> {
  const name = MAIN_KEYS.find((key) => key in step);
  if (name === undefined) throw new TypeError(`no such step: ${JSON.stringify(step)}`);
  const performer = PERFORM[name] as (player: Player, step: Step) => Promise<Outcome>;
  return performer(player, step);
}

/** Steps that break an answer off instead of finishing it. */
const BREAKING = ['status', 'overflow', 'reset', 'halfClose'] as const;

/** Performs the steps in order and finishes the answer. Rejects when the client leaves before that. */
export async function play(answer: Answer, options: PlayerOptions): Promise<'answered' | 'broken'> {
  const player = new Player(options);
  for (const step of answer) {
    if ((await perform(player, step)) === 'over')
      return BREAKING.some((name) => name in step) ? 'broken' : 'answered';
  }
  await player.finish();
  return 'answered';
}
