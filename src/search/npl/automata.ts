/**
 * The threads as automata, built as they are needed: a node is (thread, position, registers) and holds the event that the thread
 * does next, all operands evaluated; an edge leads to the node after the event, by the value that the event returned. Expressions
 * and local operations run once for each node and never in the inner loop.
 */
import { InputError } from '../../core/errors.ts';
import { FEW, grown } from '../growable.ts';
import { nodeHigh, nodeLow, wordHigh, wordLow } from '../zobrist.ts';
import type { Code, EventInstruction, Target } from './code.ts';
import { EdgeTable } from './edges.ts';
import {
  COMPARE_EXCHANGE,
  ENDED,
  FETCH_ADD,
  FIRST_EVENT,
  LOAD,
  SPAWN,
  STOPPED,
  TRYLOCK,
  UNSTARTED,
} from './kinds.ts';
import type { Layout } from './layout.ts';
import { LimitReached } from './limit.ts';

/** A local loop longer than this has no end. */
const MAX_LOCAL_STEPS = 1_000_000;
/** Some 200 bytes each. */
const MAX_NODES = 2_000_000;

export class NeutralAutomata {
  readonly threads: number;
  /** By node: one of kinds.ts. */
  kinds = new Int32Array(FEW);
  /** By node: the shared word, or -1. */
  words = new Int32Array(FEW);
  /** By node: first operand (value, expected value). */
  as = new Int32Array(FEW);
  /** By node: second operand (new value). */
  bs = new Int32Array(FEW);
  /** By node: thread of a spawn or join, relation of an await. */
  details = new Int32Array(FEW);
  /** By node: its part of the key of a state. */
  lows = new Int32Array(FEW);
  highs = new Int32Array(FEW);
  /** By node: a key of the registers alone. */
  registerLows = new Int32Array(FEW);
  registerHighs = new Int32Array(FEW);
  /** By thread: the node at which it starts; bit 0 of {@link startsViolated} if an assertion fails before its first event. */
  readonly starts: Int32Array;
  readonly startsViolated: Uint8Array;
  private size = 0;
  private readonly codes: readonly Code[];
  private readonly layout: Layout;
  private readonly ids = new Map<string, number>();
  private readonly owners: number[] = [];
  private readonly positions: number[] = [];
  private readonly registers: Int32Array[] = [];
  private readonly edges = new EdgeTable();
  /** Whether an assertion failed in the local operations just run. */
  private violated = false;

  constructor(codes: readonly Code[], layout: Layout) {
    this.codes = codes;
    this.layout = layout;
    this.threads = codes.length;
    this.starts = new Int32Array(codes.length);
    this.startsViolated = new Uint8Array(codes.length);
    for (const [thread, code] of codes.entries()) {
      this.starts[thread] = this.settle(thread, 0, new Int32Array(code.registers));
      this.startsViolated[thread] = Number(this.violated);
    }
  }

  /** The node of a thread that waits to be spawned. */
  unstarted(thread: number): number {
    return this.intern(thread, -2, new Int32Array(this.codes[thread]!.registers), UNSTARTED, null);
  }

  /** Twice the node after the event of `node` returned `result`, plus 1 if an assertion failed on the way. */
  after(node: number, result: number): number {
    const kind = this.kinds[node]!;
    // Only what varies may tell edges apart: events without a result have one edge.
    const value = this.hasResult(kind) ? result : 0;
    const known = this.edges.get(node, value);
    return known >= 0 ? known : this.makeEdge(node, value);
  }

  private hasResult(kind: number): boolean {
    return kind === LOAD || (kind >= FETCH_ADD && kind <= COMPARE_EXCHANGE) || kind === TRYLOCK;
  }

  private makeEdge(node: number, value: number): number {
    const thread = this.owners[node]!;
    const position = this.positions[node]!;
    const registers = this.registers[node]!.slice();
    const instruction = this.codes[thread]!.instructions[position] as EventInstruction;
    if (instruction.register >= 0) registers[instruction.register] = value;
    const edge = 2 * this.settle(thread, position + 1, registers) + Number(this.violated);
    this.edges.set(node, value, edge);
    return edge;
  }

  /** Runs local operations from `position` on, up to the next event or the end; changes `registers`. */
  private settle(thread: number, position: number, registers: Int32Array): number {
    const { instructions, name } = this.codes[thread]!;
    this.violated = false;
    for (let steps = 0, at = position; ; steps++) {
      const instruction = instructions[at];
      if (steps > MAX_LOCAL_STEPS)
        throw new InputError(`thread '${name}': a loop without a shared operation does not end`);
      if (instruction === undefined || instruction.type === 'exit')
        return this.intern(thread, -1, registers, ENDED, null);
      at++;
      switch (instruction.type) {
        case 'event':
          return this.intern(thread, at - 1, registers, instruction.kind, instruction);
        case 'set':
          registers[instruction.register] = instruction.value(registers);
          break;
        case 'jump':
          at = instruction.target;
          break;
        case 'branch':
          if (instruction.condition(registers) === 0) at = instruction.otherwise;
          break;
        case 'assume':
          if (instruction.condition(registers) === 0)
            return this.intern(thread, at - 1, registers, STOPPED, null);
          break;
        case 'assert':
          if (instruction.condition(registers) === 0) this.violated = true;
      }
    }
  }

  private intern(
    thread: number,
    position: number,
    registers: Int32Array,
    kind: number,
    event: EventInstruction | null,
  ): number {
    const id = `${thread}:${position}:${registers.join(',')}`;
    const known = this.ids.get(id);
    if (known !== undefined) return known;
    if (this.size === MAX_NODES)
      throw new LimitReached('memory', `the threads have more than ${MAX_NODES} local states`);
    const node = this.size++;
    this.makeRoom();
    this.ids.set(id, node);
    this.owners.push(thread);
    this.positions.push(position);
    this.registers.push(registers);
    this.kinds[node] = kind;
    this.words[node] = event === null ? -1 : this.wordOf(thread, event, registers);
    this.as[node] = event?.a?.(registers) ?? 0;
    this.bs[node] = event?.b?.(registers) ?? 0;
    this.details[node] = event?.detail ?? -1;
    this.lows[node] = nodeLow(node);
    this.highs[node] = nodeHigh(node);
    let low = thread + 1;
    let high = -thread - 1;
    for (const value of registers) {
      low = wordLow(low, value);
      high = wordHigh(high, value);
    }
    this.registerLows[node] = low;
    this.registerHighs[node] = high;
    return node;
  }

  private wordOf(thread: number, event: EventInstruction, registers: Int32Array): number {
    if (event.kind < FIRST_EVENT) return -1;
    if (event.kind === SPAWN) return this.layout.spawnWords + event.detail;
    return event.target === null ? -1 : this.elementOf(thread, event.target, registers);
  }

  private elementOf(thread: number, { place, index }: Target, registers: Int32Array): number {
    const at = index === null ? 0 : index(registers);
    if (at < 0 || at >= place.size)
      throw new InputError(
        `thread '${this.codes[thread]!.name}': expected an index of '${place.name}' from 0 to ${place.size - 1}, found ${at}`,
      );
    return place.base + at;
  }

  private makeRoom(): void {
    const { size } = this;
    this.kinds = grown(this.kinds, size);
    this.words = grown(this.words, size);
    this.as = grown(this.as, size);
    this.bs = grown(this.bs, size);
    this.details = grown(this.details, size);
    this.lows = grown(this.lows, size);
    this.highs = grown(this.highs, size);
    this.registerLows = grown(this.registerLows, size);
    this.registerHighs = grown(this.registerHighs, size);
  }
}
