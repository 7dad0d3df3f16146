/** Runs commands and says what each cost, by itself: a few lines of C that the kernel's own accounts are read with. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What one run of a command cost. */
export interface Cost {
  readonly stdout: string;
  readonly wall: number;
  /** User and system time of all its threads. */
  readonly cpu: number;
  /** The most memory it had resident. */
  readonly peakBytes: number;
}

export type Measure = (command: string, args: readonly string[], cwd?: string) => Cost;

/** Runs argv[1] … and writes microseconds of CPU and KiB of peak memory to stderr, after what the command wrote there. */
const SOURCE = `
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  int status;
  struct rusage used;
  pid_t child = fork();
  if (child == 0) { execvp(argv[1], argv + 1); _exit(127); }
  if (child < 0 || wait4(child, &status, 0, &used) != child) return 126;
  fprintf(stderr, "\\n%ld %ld\\n",
    (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000L + used.ru_utime.tv_usec + used.ru_stime.tv_usec, used.ru_maxrss);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
`;

/** Hands `use` a way to measure commands. Needs gcc. A command that fails throws. */
export function withMeasure<T>(use: (measure: Measure) => T): T {
  const home = mkdtempSync(join(tmpdir(), 'lostwrite-measure-'));
  try {
    const tool = join(home, 'measure');
    writeFileSync(`${tool}.c`, SOURCE);
    execFileSync('gcc', ['-O2', '-o', tool, `${tool}.c`]);
    return use((command, args, cwd) => {
      const started = performance.now();
      const run = spawnSync(tool, [command, ...args], { cwd, encoding: 'utf8', maxBuffer: 2 ** 26 });
      const wall = (performance.now() - started) / 1000;
      if (run.status !== 0) throw new Error(`${command} failed:\n${run.stderr}${run.stdout}`);
      const [microseconds = '', kilobytes = ''] = run.stderr.trimEnd().split('\n').at(-1)!.split(' ');
      return {
        stdout: run.stdout,
        wall,
        cpu: Number(microseconds) / 1e6,
        peakBytes: Number(kilobytes) * 1024,
      };
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
