import { complain, endQuietlyOnBrokenPipe, exitCodes } from './output.ts';
import { runProgram } from './program.ts';

endQuietlyOnBrokenPipe();
runProgram(process.argv).then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    // A bug of ours: anything expected has come back as a value. The stack names our files, no contents.
    const stack = error instanceof Error ? (error.stack ?? error.name) : 'unknown error';
    const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
    const name = error instanceof Error ? error.name : 'Error';
    complain(`podgraft has a bug (${name}); please report it with these lines:\n${frames.slice(0, 8).join('\n')}`);
    process.exitCode = exitCodes.usage;
  },
);
