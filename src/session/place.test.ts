import { expect, it } from 'vitest';
import type { DeltaFrame, SessionEvent } from '../protocol/index.ts';
import { Place } from './place.ts';

const frame = (part: string, seq: number, offset: number, text: string): DeltaFrame => ({
  type: 'delta',
  session: 'ses_a',
  seq,
  step: 'stp_1',
  part,
  kind: 'text',
  offset,
  text,
});

const event = (seq: number, type: string, data: object): SessionEvent =>
  ({ session: 'ses_a', seq, at: 0, v: 1, type, data }) as unknown as SessionEvent;

it('shows no text of a part whose end it has read', () => {
  const place = new Place({ seq: 8 });
  place.takeAll([event(9, 'text.ended', { part: 'prt_1', text: 'Hello' })]);
  expect(place.takeAll([frame('prt_1', 8, 0, 'Hel')])).toEqual([]);
});

it('shows text that came before word of an event which the store had already', () => {
  const place = new Place({ seq: 8 });
  const renamed = event(9, 'session.renamed', { title: 'other' });
  place.takeAll([renamed]);
  const [begun, more] = [frame('prt_1', 8, 0, 'Hel'), frame('prt_1', 9, 3, 'lo')];
  // Behind the event, as the reader sees it.
  expect(place.takeAll([begun, renamed, more])).toEqual([{ ...begun, seq: 9 }, more]);
});

it('shows each unit of a part once', () => {
  const place = new Place({ seq: 8, parts: { prt_1: 2 } });
  expect(place.takeAll([frame('prt_1', 8, 0, 'Hel'), frame('prt_1', 8, 1, 'el')])).toEqual([
    frame('prt_1', 8, 2, 'l'),
  ]);
});
