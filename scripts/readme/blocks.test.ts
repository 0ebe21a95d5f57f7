import { expect, test } from 'vitest';
import { misspelt, runnableBlocks } from './blocks.ts';

const DOCUMENT = `# Title
\`\`\`sh
npm ci
\`\`\`
\`\`\`sh run
carrel list
carrel inbox
\`\`\`
text
\`\`\`sh run exit=4
carrel run 'write it'
\`\`\`
`;

test('only marked blocks run, each with its line and the exit code it promises', () => {
  expect(runnableBlocks(DOCUMENT)).toEqual([
    { line: 5, script: 'carrel list\ncarrel inbox\n', exit: 0 },
    { line: 10, script: "carrel run 'write it'\n", exit: 4 },
  ]);
});

test.each([
  ['```sh run', []],
  ['```sh run exit=4', []],
  ['```sh', []],
  ['```bash run', [1]],
  ['```sh run exit 4', [1]],
  ['  ```sh run', [1]],
])('%s', (line, lines) => {
  expect(misspelt(line)).toEqual(lines);
});
