#!/usr/bin/env node
// The first thing that runs, on whatever Node is there: old syntax only, so that an old one can still say what is missing.
import { existsSync } from 'fs';
import { fileURLToPath } from 'url';

var NEEDED = [22, 22];

function missing() {
  var have = process.versions.node.split('.').map(Number);
  if (have[0] < NEEDED[0] || (have[0] === NEEDED[0] && have[1] < NEEDED[1])) {
    return (
      'carrel needs Node ' +
      NEEDED.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      '.\n' +
      'Get one from https://nodejs.org or with a version manager (nvm install 24, fnm install 24).\n' +
      'In a checkout, npm ci installs one and bin/carrel uses it.'
    );
  }
  if (checkout && !existsSync(new URL('../node_modules/zod', import.meta.url))) {
    return (
      'carrel: its dependencies are not installed. Run npm ci in ' +
      fileURLToPath(new URL('..', import.meta.url))
    );
  }
  return undefined;
}

// The sources are there only in a checkout; a package carries what was built from them.
var sources = new URL('../src/cli/main.ts', import.meta.url);
var checkout = existsSync(sources);
var problem = missing();
if (problem === undefined) {
  void import(checkout ? sources.href : new URL('../dist/cli/main.js', import.meta.url).href);
} else {
  process.stderr.write(problem + '\n');
  process.exitCode = 2;
}
