import { describe, expect, it } from 'vitest';
import type { Clock } from '../base/index.ts';
import { CarrelError } from '../protocol/index.ts';
import { Conversation, emptyState, type Effect, type EffectCommand } from '../session/index.ts';
import { createMemoryStore } from '../store/index.ts';
import { createTools, FileLocks, type Tool } from '../tool/index.ts';
import { Admission } from './admission/index.ts';
import { Beat } from './beat.ts';
import { Conversations } from './conversations.ts';
import type { Others } from './children/others.ts';
import { unusable } from './equipment.ts';
import { Frames } from './frames.ts';
import { Keyring } from './keyring.ts';
import { Performer } from './performer.ts';
import type { Scope } from './scope.ts';
import { TextBlobs } from './text-blobs.ts';

const CALL = 'cal_1';

/** Time that a test sets; a timer fires when the test says so, due or not, as after a jump of the clock. */
class JumpingClock implements Clock {
  at = 1_000;
  readonly timers = new Set<() => void>();

  now(): number {
    return this.at;
  }

  monotonic(): number {
    return this.at;
  }

  after(_delayMs: number, fire: () => void): Disposable {
    this.timers.add(fire);
    return { [Symbol.dispose]: () => void this.timers.delete(fire) };
  }

  fireAll(): void {
    const due = [...this.timers];
    for (const fire of due) if (this.timers.delete(fire)) fire();
  }
}

/** There is no other session. */
const ALONE: Others = {
  submit: () => Promise.reject(new CarrelError('not_found', 'there is none')),
  wake: () => Promise.resolve(),
  hasRoom: true,
  adopt: () => undefined,
  childMoved: () => undefined,
};

interface Stage {
  readonly performer: Performer;
  readonly clock: JumpingClock;
  readonly admission: Admission;
  readonly submitted: EffectCommand[];
  readonly faults: string[];
}

function stage(run: Tool['run'], { capacity = 1, waiting = 0 } = {}): Stage {
  const clock = new JumpingClock();
  const faults: string[] = [];
  const store = createMemoryStore();
  const limits = { turns: capacity, requestsPerProvider: 1, toolsAtOnce: 1, waitingTurns: waiting };
  const admission = new Admission({
    limits: { ...limits, waitMs: 1_000, reservePercent: 25, agedAfterMs: 500 },
    clock,
  });
  const submitted: EffectCommand[] = [];
  const tool: Tool = {
    name: 'tool',
    description: '',
    parameters: { type: 'object' },
    access: 'read',
    idempotent: false,
    parallel: true,
    intent: () => ({ summary: 'tool', paths: [] }),
    run,
  };
  const tools = createTools([tool]);
  const blobs = new TextBlobs(store);
  const noModel = new CarrelError('model_unavailable', 'there is none');
  const equip = () => Promise.resolve({ ...unusable(noModel), tools });
  const scope: Scope = {
    store,
    keyring: new Keyring(undefined),
    files: new FileLocks(clock),
    equip,
    clock,
    random: (bytes) => new Uint8Array(bytes),
    owner: 'local',
    blobs,
    frames: new Frames({ blobs, clock, equip }),
    conversations: new Conversations(clock),
    memoryBytes: () => 0,
    tailBeat: new Beat(clock, 40),
    admission: admission,
    saveGrant: () => Promise.resolve(),
    observe: () => undefined,
    fault: (what) => faults.push(what),
  };
  const empty = emptyState('ses_1');
  const profileLimits = {
    ...empty.profile.limits,
    toolTimeoutMs: 60_000,
    toolOutputBytes: 1_024,
    toolContextBytes: 1_024,
  };
  const view = {
    id: 'ses_1',
    state: { ...empty, folder: '/', profile: { ...empty.profile, limits: profileLimits } },
    conversation: () => Promise.resolve(asked()),
    delta: () => undefined,
    submit: (command: EffectCommand) => Promise.resolve(submitted.push(command)),
  };
  return { performer: new Performer({ scope, view, others: ALONE }), clock, admission, submitted, faults };
}

/** A conversation in which the model asked for the call. */
function asked(): Conversation {
  const at = { session: 'ses_1', at: 0, v: 1, turn: 'trn_1', step: 'stp_1' };
  return new Conversation().addAll([{ ...at, seq: 1, type: 'step.started', data: { number: 1 } }]).addAll([
    {
      ...at,
      seq: 2,
      call: CALL,
      type: 'tool.requested',
      data: { tool: 'tool', args: {}, idempotent: false, parallel: true },
    },
  ]);
}

const run = (stop = false): Effect => ({ kind: 'run', key: `call:${CALL}`, call: CALL, seq: 2, stop });
const timer = (at: number): Effect => ({ kind: 'timer', key: 'approval:cal_1', at });
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const ok = { ok: true, text: 'done' } as const;
const aborted = {
  ok: false,
  text: 'aborted',
  error: { code: 'cancelled', message: 'aborted' },
  retryable: false,
} as const;

/** Runs until it is aborted. */
const untilAborted: Tool['run'] = (_args, { signal }) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(aborted), { once: true }));

describe('a performer', () => {
  it('starts an effect once, under a slot, however often it is wanted', async () => {
    let runs = 0;
    const { performer, admission, submitted } = stage(async () => {
      runs++;
      return Promise.resolve(ok);
    });
    performer.sync([run()]);
    performer.sync([run()]);
    await settled();
    performer.sync([run()]);
    await settled();
    expect(runs).toBe(1);
    expect(submitted).toMatchObject([{ type: 'call/finished', call: CALL, status: 'ok' }]);
    expect(admission.report().turns.inUse).toBe(1);
    performer.sync([]);
    expect(admission.report().turns.inUse).toBe(0);
    expect(performer.busy).toBe(false);
  });

  it('stops what is wanted stopped, and answers for what never began', async () => {
    const { performer, submitted } = stage(untilAborted);
    performer.sync([run()]);
    await settled();
    performer.sync([run(true)]);
    await settled();
    expect(submitted).toMatchObject([{ status: 'cancelled', output: { text: 'aborted' } }]);
    const other = stage(untilAborted, { capacity: 0 });
    other.performer.sync([run(true)]);
    await settled();
    expect(other.submitted).toMatchObject([
      { status: 'cancelled', output: { text: 'It was stopped before it began.' } },
    ]);
  });

  it('aborts what is not wanted any more', async () => {
    const { performer, clock, submitted } = stage(untilAborted);
    performer.sync([run()]);
    await settled();
    performer.sync([]);
    await settled();
    expect(performer.busy).toBe(false);
    expect(submitted).toHaveLength(1);
    expect(clock.timers.size).toBe(0);
  });

  it('fires a timer when its time has come, not when the clock jumped', async () => {
    const { performer, clock, submitted } = stage(untilAborted);
    performer.sync([timer(5_000)]);
    clock.at = 0;
    clock.fireAll();
    clock.at = 4_999;
    clock.fireAll();
    expect(submitted).toEqual([]);
    expect(clock.timers.size).toBe(1);
    clock.at = 5_000;
    clock.fireAll();
    expect(submitted).toEqual([{ type: 'timer/fired', key: 'approval:cal_1' }]);
    performer.sync([timer(9_000)]);
    performer.sync([]);
    expect(clock.timers.size).toBe(0);
  });

  it('asks for a slot again after a while when not even a place to wait is free', async () => {
    const { performer, clock, admission, submitted, faults } = stage(() => Promise.resolve(ok));
    const held = await admission.turn('other', new AbortController().signal);
    performer.sync([run()]);
    await settled();
    expect(faults).toEqual(['a call waits for a free slot']);
    performer.sync([run()]);
    await settled();
    expect(faults).toHaveLength(1);
    held[Symbol.dispose]();
    clock.fireAll();
    await settled();
    expect(submitted).toMatchObject([{ status: 'ok' }]);
  });

  it('leaves nothing behind when it is closed', async () => {
    for (const moment of ['waiting', 'running', 'refused', 'timer'] as const) {
      const { performer, clock, admission } = stage(untilAborted, { waiting: moment === 'waiting' ? 1 : 0 });
      const busy = moment === 'waiting' || moment === 'refused';
      const held = busy ? await admission.turn('other', new AbortController().signal) : undefined;
      performer.sync(moment === 'timer' ? [timer(5_000)] : [run()]);
      await settled();
      await performer.close();
      held?.[Symbol.dispose]();
      await settled();
      performer.sync([run(), timer(5_000)]);
      await settled();
      expect([moment, clock.timers.size, admission.report().turns]).toEqual([
        moment,
        0,
        expect.objectContaining({ inUse: 0, free: 1, waiting: 0 }),
      ]);
    }
  });
});
