import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const root = fileURLToPath(new URL('..', import.meta.url));

// Vitest transforms what the tests import, but worker threads and spawned processes load dist: build it before the
// first test and again before each re-run in watch mode, so that no test can see a stale worker or command line.
function build(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}

export default function setup(project: TestProject): void {
  build();
  project.onTestsRerun(build);
}
