import type { SessionEvent } from '../../protocol/index.ts';
import type { Sink } from '../terminal.ts';
import { paint } from './style.ts';
import { stamp } from './time.ts';
import { fit } from './width.ts';

/** Cells of an event's data in a pipe. */
const DATA = 400;

/** One event on one line: number, time, type, where it belongs, and its data as far as there is room. */
export function eventLine(sink: Sink, event: SessionEvent): string {
  const place = [event.turn, event.step, event.call].filter((id) => id !== undefined).join(' ');
  const head = `${String(event.seq).padStart(5)}  ${stamp(event.at)}  ${event.type.padEnd(22)}`;
  const room = sink.terminal ? Math.max(20, sink.columns - head.length - place.length - 4) : DATA;
  return `${head}  ${paint(sink, 'dim', place)}  ${fit(JSON.stringify(event.data), room)}\n`;
}
