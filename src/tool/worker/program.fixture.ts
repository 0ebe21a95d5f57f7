// A program with tools: `node program.fixture.ts FOLDER ends` calls one and ends without closing anything; with `blocks` it
// prints the pid of the tool's process and waits for a call that never ends.
import { once } from 'node:events';
import { testContext } from '../fixtures.ts';
import { workerTools } from './worker-tools.ts';

const [folder = '', mode = ''] = process.argv.slice(2);
const { tools } = await workerTools({
  modules: [new URL('./tools.fixture.ts', import.meta.url)],
  processes: 1,
});
const run = async (name: string): Promise<string> => {
  const tool = tools.find((one) => one.name === name);
  return (await tool?.run({}, testContext(folder)))?.text ?? 'no tool';
};
const pid = await run('pid');
process.stdout.write(`${pid}\n`);
if (mode === 'blocks') {
  await run('block');
  await once(process, 'never');
}
