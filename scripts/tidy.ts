// The rules of the layout, checked on every file. What one file can break by itself (long functions, default exports,
// `any`, reading the environment) is the linter's; that nothing of Node is used where it must not be is the compiler's
// (tsconfig.portable.json).
import { readFileSync } from 'node:fs';
import { SIZE } from './tidy/layout.ts';
import { RULES } from './tidy/rules.ts';
import { readSources } from './tidy/source.ts';

const PATTERNS = ['src', 'test', 'scripts', 'bench', 'examples'].map((folder) => `${folder}/**/*.ts`);

const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as Record<
  string,
  Record<string, string> | undefined
>;
const installed = new Set(Object.keys({ ...manifest['dependencies'], ...manifest['optionalDependencies'] }));
const sources = readSources('.', PATTERNS);
const findings = sources.flatMap((source) => RULES.flatMap((rule) => [...rule(source, installed)]));

for (const { path, lines } of sources.filter((source) => source.lines > SIZE.notedLines)) {
  console.log(`note: ${path} has ${lines} lines; over ${SIZE.notedLines} a second idea wants out`);
}
for (const { path, line, rule, message } of findings) console.error(`${path}:${line} ${rule} ${message}`);
if (findings.length > 0) process.exitCode = 1;
