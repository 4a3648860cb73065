#!/usr/bin/env node
import { run } from './program.js';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // A reader that has seen enough, such as `head`, needs no word about it.
  if (error.code !== 'EPIPE') process.stderr.write(`error: the output cannot be written: ${error.message}\n`);
  process.exit(1);
});

void run(process.argv).then((code) => {
  // What a host's modules leave open must not keep the command alive; what was written must be out before it ends.
  process.stdout.write('', (failed) => {
    if (!failed) process.stderr.write('', () => process.exit(code));
  });
});
