#!/usr/bin/env node
// The first thing that runs, on whatever Node is there: old syntax only, so that an old one can still say what is missing.
import { existsSync } from 'fs';
import { fileURLToPath } from 'url';

var MAJOR = 22;
var MINOR = 22;

function missing() {
  var parts = process.versions.node.split('.');
  var major = Number(parts[0]);
  if (major < MAJOR || (major === MAJOR && Number(parts[1]) < MINOR)) {
    return (
      'carrel needs Node ' +
      MAJOR +
      '.' +
      MINOR +
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
  // Until the program says how it went, it failed: it may end because it waits for something that never comes.
  process.exitCode = 1;
  void import(checkout ? sources.href : new URL('../dist/cli/main.js', import.meta.url).href);
} else {
  process.stderr.write(problem + '\n');
  process.exitCode = 2;
}
