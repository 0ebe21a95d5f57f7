import { oneLine } from '../../base/index.ts';
import type { EventOf, SessionEvent } from '../../protocol/index.ts';
import { callLine } from './call.ts';
import type { Pen } from './pen.ts';
import { paint, type Mark } from './style.ts';
import { span } from './time.ts';

const STATUS_MARK: Readonly<Record<EventOf<'tool.finished'>['data']['status'], Mark>> = {
  ok: 'ok',
  error: 'failed',
  cancelled: 'failed',
  denied: 'failed',
  timeout: 'failed',
  unknown: 'warn',
};

/** Characters of a failed call's output that its line shows. */
const REASON = 160;

/** Shows each call while it runs and how it ended. `before`: calls that end now may have been asked for then. */
export function callLines(pen: Pen, before: readonly SessionEvent[]): (event: SessionEvent) => void {
  const lines = new Map<string, string>();
  const learn = (event: SessionEvent): void => {
    if (event.type === 'tool.requested')
      lines.set(event.call ?? '', callLine(event.data.tool, event.data.args));
  };
  before.forEach(learn);
  return (event) => {
    learn(event);
    const call = event.call ?? '';
    const line = lines.get(call) ?? call;
    if (event.type === 'tool.started') pen.busy(call, line);
    else if (event.type === 'tool.finished') {
      lines.delete(call);
      const { status, output, tookMs } = event.data;
      const took = tookMs === undefined ? '' : paint(pen.err, 'dim', ` ${span(tookMs)}`);
      const how = status === 'ok' ? '' : ` ${status}: ${oneLine(output.text, REASON)}`;
      pen.outcome(call, STATUS_MARK[status], `${line}${how}${took}`);
    }
  };
}
