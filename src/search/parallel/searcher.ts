/** One searcher of several, as it runs in its worker thread: explores, shares, meets, until there is nothing left or it is told to stop. */
import { threadId } from 'node:worker_threads';
import { ModelError } from '../../core/errors.ts';
import type { Program } from '../../core/program.ts';
import type { Decision } from '../decision.ts';
import { ExhaustiveSearch } from '../exhaustive.ts';
import { AutomataLimitError } from '../growth.ts';
import { Control, Stop, Stopped, type ControlBuffers } from './control.ts';
import { SharedAutomata } from './shared-automata.ts';
import { SharedVisitedSet, type TableExchange } from './shared-visited.ts';
import { ChannelExchange } from './table-channel.ts';
import { WorkSharing } from './work-sharing.ts';

/** What all searchers of one search share; survives structured cloning. */
export interface SearchBuffers {
  readonly control: ControlBuffers;
  /** The extensions of the automata. */
  readonly log: SharedArrayBuffer;
  /** The first table of the visited set. */
  readonly table: SharedArrayBuffer;
  /** Name of the channel by which later tables come. */
  readonly channel: string;
  readonly mailboxes: readonly SharedArrayBuffer[];
}

/** What a searcher must know to begin; survives structured cloning. */
export interface SearcherSetup {
  readonly buffers: SearchBuffers;
  readonly searcher: number;
  readonly maxNodes?: number;
  readonly fold?: boolean;
  readonly maxStates: number;
  /** A searcher gives work away only after so many transitions of its own: tasks are to be worth their handing over. */
  readonly shareEvery: number;
}

/** What a searcher has found out; survives structured cloning. */
export interface SearcherResult {
  readonly states: number;
  readonly transitions: number;
  readonly depth: number;
  readonly endStates: number;
  readonly restStates: number;
  readonly branches: boolean;
  /** Names of the properties of `program.sometimes` that it has seen hold. */
  readonly seen: readonly string[];
  /** The states that it did not see finish, for Unsettled.absorb. */
  readonly unsettled: Int32Array;
  /** How it came to the violation that it met, or null. */
  readonly violation: readonly Decision[] | null;
  readonly error: { readonly name: string; readonly message: string } | null;
  /** Tasks given away. */
  readonly given: number;
  /** Milliseconds without work. */
  readonly idleMs: number;
}

/** Transitions between two looks at what others want. */
const SLICE = 1024;

/** Runs searcher `setup.searcher` to the end of the search. Blocks the thread; throws nothing. */
export function runSearcher(program: Program, setup: SearcherSetup): SearcherResult {
  const exchange = new ChannelExchange(setup.buffers.channel);
  try {
    return new Searcher(program, setup, exchange).run();
  } finally {
    exchange.close();
  }
}

class Searcher {
  private readonly setup: SearcherSetup;
  private readonly control: Control;
  private readonly visited: SharedVisitedSet;
  private readonly search: ExhaustiveSearch;
  private readonly sharing: WorkSharing;
  private given = 0;
  private idleMs = 0;

  constructor(program: Program, setup: SearcherSetup, exchange: TableExchange) {
    const { buffers, searcher, maxNodes, fold, maxStates } = setup;
    this.setup = setup;
    this.control = new Control(buffers.control);
    this.control.setThreadId(searcher, threadId);
    this.sharing = new WorkSharing(this.control, searcher, buffers.mailboxes);
    this.visited = new SharedVisitedSet({
      table: buffers.table,
      control: this.control,
      searcher,
      exchange,
      maxStates,
    });
    const automata = new SharedAutomata(program, buffers.log, this.control, {
      stops: true,
      ...(maxNodes === undefined ? {} : { maxNodes }),
      ...(fold === undefined ? {} : { fold }),
    });
    this.search = new ExhaustiveSearch(automata, { visited: this.visited, begins: searcher === 0 });
  }

  run(): SearcherResult {
    try {
      this.explore();
      return this.result(null);
    } catch (error) {
      if (error instanceof Stopped) return this.result(null);
      this.control.stop(Stop.ERROR);
      const { name, message } = describeError(error);
      return this.result({ name, message });
    }
  }

  private explore(): void {
    const { search, control, visited, sharing, setup } = this;
    const meetIfAsked = () => visited.meetIfAsked();
    let shareFrom = setup.shareEvery;
    let working = setup.searcher === 0;
    while (control.stopped === 0) {
      const status = search.run(SLICE);
      this.tell();
      if (status === 'violation') return control.stop(Stop.VIOLATION);
      visited.meetIfAsked();
      if (status === 'complete') {
        const since = performance.now();
        const path = sharing.await(working, meetIfAsked);
        this.idleMs += performance.now() - since;
        if (path === null) return;
        working = true;
        search.adopt(path);
      } else if (search.transitions >= shareFrom && sharing.asked) {
        if (sharing.give(() => search.donate())) this.given++;
        shareFrom = search.transitions + setup.shareEvery;
      }
    }
  }

  private tell(): void {
    const { visited, search } = this;
    this.control.tell(this.setup.searcher, {
      states: visited.size,
      transitions: search.transitions,
      depth: search.maxDepth,
      bytes: search.bytes - visited.bytes,
    });
  }

  private result(error: SearcherResult['error']): SearcherResult {
    const { search, visited, given, idleMs } = this;
    this.tell();
    return {
      states: visited.size,
      transitions: search.transitions,
      depth: search.maxDepth,
      endStates: search.endStates,
      restStates: search.restStates,
      branches: search.branches,
      seen: (search.automata.program.sometimes ?? [])
        .map(({ name }) => name)
        .filter((name) => search.automata.covered.has(name)),
      unsettled: search.unsettled.entries.slice(),
      violation: search.violation === null ? null : search.path(),
      error,
      given,
      idleMs,
    };
  }
}

function describeError(error: unknown): { readonly name: string; readonly message: string } {
  if (error instanceof ModelError || error instanceof AutomataLimitError) return error;
  if (error instanceof Error) return { name: 'Error', message: error.stack ?? error.message };
  return { name: 'Error', message: String(error) };
}
