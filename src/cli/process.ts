import { EXIT } from './exit.ts';
import type { Registry } from './registry.ts';
import { run } from './run.ts';

/**
 * Runs this process as the command line over `registry`: arguments from argv, exit code set. A reader that has had enough
 * (`| head`) is no error; output that cannot be written for another reason is told and ends with {@link EXIT.usage}.
 */
export async function runAsProcess(registry: Registry): Promise<void> {
  let broken = false;
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || broken) return;
      broken = true;
      if (stream === process.stdout)
        process.stderr.write(`lostwrite: cannot write to standard output: ${error.message}\n`);
    });
  // What nobody caught must not end with Node's 1, which means that a violation was found.
  process.on('uncaughtException', (error) => {
    process.stderr.write(`lostwrite: internal error: ${error.stack ?? error.message}\n`);
    process.exit(EXIT.usage);
  });
  process.on('exit', () => {
    if (broken) process.exitCode = EXIT.usage;
  });
  process.exitCode = await run(process.argv.slice(2), registry);
}
