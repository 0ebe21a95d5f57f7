import { resolve } from 'node:path';
import { listTrusted, PROJECT_CONFIG, trust, untrust } from '../../config/index.ts';
import { EXIT, type Exit } from '../exit.ts';
import { homeOf } from '../home.ts';
import type { Invocation } from '../invocation.ts';
import { note } from '../note.ts';
import { report } from '../report.ts';
import { printValue } from '../render/value.ts';

export async function run(invocation: Invocation): Promise<Exit> {
  const { args, options, terminal, json } = invocation;
  const home = homeOf(invocation);
  const notice = (text: string): void => note(invocation, 'warn', text);
  if (options.flag('list')) {
    const folders = listTrusted(home, notice);
    if (json) printValue(terminal.out, folders);
    else for (const { folder, state } of folders) terminal.out.write(`${folder}   ${state}\n`);
    return Promise.resolve(EXIT.done);
  }
  const folder = resolve(invocation.folder, args[0] ?? '.');
  if (options.flag('remove')) {
    const found = untrust(home, folder, notice);
    report(invocation, `${folder} ${found ? 'is trusted no longer' : 'was not trusted'}`, {
      folder,
      state: 'untrusted',
    });
  } else {
    trust(home, folder, notice);
    const sentence = `${folder}/${PROJECT_CONFIG} is trusted as it is now; a change of it asks again`;
    report(invocation, sentence, { folder, state: 'trusted' });
  }
  return EXIT.done;
}
