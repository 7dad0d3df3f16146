/** One worker thread is one searcher. */
import { loadProgram, type ProgramSource } from '../src/cpus/source.ts';
import { runSearcher, type SearcherResult, type SearcherSetup } from '../src/search/parallel/searcher.ts';

/** Builds the program here and searches. Throws what building it throws. */
export default async function search(task: {
  readonly source: ProgramSource;
  readonly setup: SearcherSetup;
}): Promise<SearcherResult> {
  return runSearcher(await loadProgram(task.source), task.setup);
}
