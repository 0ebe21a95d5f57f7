import { checkName } from '../../host/index.ts';
import { CarrelError } from '../../protocol/index.ts';
import { change } from '../change.ts';
import type { Exit } from '../exit.ts';
import type { Invocation } from '../invocation.ts';

export async function run(invocation: Invocation): Promise<Exit> {
  const name = invocation.args[1];
  const title = invocation.options.text('title');
  if (name === undefined && title === undefined) {
    throw new CarrelError('invalid_params', 'give a new name, or --title with a new title');
  }
  if (name !== undefined) checkName(name);
  const given = { ...(name === undefined ? {} : { name }), ...(title === undefined ? {} : { title }) };
  return change(invocation, { type: 'session/rename', ...given }, `is now called ${name ?? title ?? ''}`);
}
