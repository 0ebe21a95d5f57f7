// Everything that can be said about the sources without running them. All parts run, so that one go shows all findings.
import { spawnSync } from 'node:child_process';

/** What a part found about files that have not changed since is not looked for again. */
const CACHE = 'node_modules/.cache/check';

const PARTS: readonly (readonly [name: string, command: string])[] = [
  ['format', `prettier --check --log-level warn --cache --cache-location ${CACHE}/prettier .`],
  ['lint', 'oxlint --type-aware --deny-warnings'],
  ['types', `tsc -p . --incremental --tsBuildInfoFile ${CACHE}/types.tsbuildinfo`],
  ['portable', 'tsc -p tsconfig.portable.json'],
  ['tidy', 'node scripts/tidy.ts'],
  ['reference', 'node scripts/generate.ts --check'],
];

const failed = PARTS.filter(([name, command]) => {
  console.log(`check ${name}: ${command}`);
  return spawnSync(command, { shell: true, stdio: 'inherit' }).status !== 0;
}).map(([name]) => name);

if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}`);
  process.exitCode = 1;
}
