// A home on a disk of its own, which fills up under the real command.
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../src/base/index.ts';
import type { SessionEvent, ViewItem } from '../../src/protocol/index.ts';
import { startProviderServer } from '../../src/testing/index.ts';
import { Desk, lines, saying } from '../e2e/cli.ts';
import { configure } from '../e2e/wire.ts';
import { violations } from '../oracle.ts';

/** Enough for a store and its log, little enough to fill at once. */
const SIZE = 'size=4m,mode=700';
const PAGE = Buffer.alloc(4_096);

/** A small disk at `folder`, until disposed. Needs root, on Linux. */
class SmallDisk implements Disposable {
  readonly #folder: string;
  readonly #filler: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#filler = join(folder, 'filler');
    mkdirSync(folder, { recursive: true });
    if (!mount('-t', 'tmpfs', '-o', SIZE, 'tmpfs', folder))
      throw new Error(`no disk can be had at ${folder}`);
  }

  fill(): void {
    const file = openSync(this.#filler, 'a');
    try {
      while (writeSync(file, PAGE) > 0) continue;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  makeRoom(): void {
    rmSync(this.#filler);
  }

  [Symbol.dispose](): void {
    spawnSync('umount', ['--lazy', this.#folder]);
  }
}

function mount(...args: readonly string[]): boolean {
  return spawnSync('mount', args).status === 0;
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'carrel-disk-'));
  const can = mount('-t', 'tmpfs', '-o', SIZE, 'tmpfs', folder);
  if (can) spawnSync('umount', [folder]);
  rmdirSync(folder);
  return can;
}

async function journal(desk: Desk): Promise<readonly SessionEvent[]> {
  return lines<SessionEvent>((await desk.run(['events', 'desk', '--json'])).stdout);
}

const isEvent = (item: ViewItem): item is SessionEvent => item.type !== 'delta';

describe.skipIf(!canMount())('a home on a disk of its own (mounting one needs root)', () => {
  it('that fills up in the middle of a turn: no tool starts until there is room, and nothing shown is lost', async () => {
    using desk = new Desk();
    using disk = new SmallDisk(desk.home);
    await using server = await startProviderServer();
    const gate = deferred<void>();
    server.script([
      [
        { text: 'I shall' },
        { wait: gate.promise },
        { text: ` ${'work '.repeat(2_000)}` },
        { call: { tool: 'exec', args: { command: 'touch ran' } } },
      ],
      [{ text: 'It is done.' }],
    ]);
    configure(desk, server);
    const running = desk.start(['run', '-s', 'desk', '--mode', 'full', '--json', 'work']);
    await saying(running.child.stdout, 'I shall');
    disk.fill();
    gate.resolve();
    const told = await saying(running.child.stderr, 'could not write');
    expect(told).toContain(desk.home);
    expect((await journal(desk)).at(-1)).toMatchObject({ type: 'step.started' });
    expect(existsSync(join(desk.folder, 'ran'))).toBe(false);
    disk.makeRoom();
    const { code, stdout } = await running.ended;
    expect(code).toBe(0);
    expect(existsSync(join(desk.folder, 'ran'))).toBe(true);
    const events = await journal(desk);
    expect(violations(events)).toEqual([]);
    expect(events.slice(1)).toEqual(lines<ViewItem>(stdout).filter(isEvent));
    expect(events.at(-1)).toMatchObject({ type: 'turn.finished', data: { outcome: 'completed' } });
    expect(server.refusals).toEqual([]);
  });
});
