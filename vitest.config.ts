import { defineConfig } from 'vitest/config';
import { foldPlugin } from './src/search/fold/vite.ts';

const root = import.meta.dirname;

export default defineConfig({
  root,
  // The same modules as `npm run build` instruments in dist.
  plugins: [
    foldPlugin({
      include: (id) => /\/(src\/(mm|races)|test\/programs)\/|\/src\/cpus\/lock-words\.ts$/.test(id),
      root,
    }),
  ],
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 400_000,
    hookTimeout: 400_000,
    // Under CI the colour library would colour even piped output; tests compare plain text.
    env: { NO_COLOR: '1' },
  },
});
