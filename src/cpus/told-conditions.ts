/**
 * Conditions over several words are numbered as a program makes them, which it may do while it runs: the same number may mean
 * another condition on another CPU. So each CPU says what it means, once, and the controller translates.
 */
import type { Condition, Conditions } from '../core/conditions.ts';
import { ModelError } from '../core/errors.ts';
import { Kind } from '../core/operations.ts';
import { lineOf, Own, type SharedBuffers } from './shared-memory.ts';

interface Told {
  readonly id: number;
  readonly alternatives: Condition['alternatives'];
}

/** The CPU's side. */
export class ConditionTeller {
  private readonly conditions: Conditions;
  private readonly control: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly length: number;
  private readonly told = new Set<number>();

  constructor(conditions: Conditions, buffers: SharedBuffers, cpu: number) {
    this.conditions = conditions;
    this.control = new Int32Array(buffers.control);
    this.bytes = new Uint8Array(buffers.conditions[cpu]!);
    this.length = lineOf(cpu) + Own.CONDITIONS;
  }

  /** To be called before the thread waits for condition `id`. Throws a ModelError if there are too many. */
  tell(id: number): void {
    if (this.told.has(id)) return;
    const told: Told = { id, alternatives: this.conditions.alternativesOf(id) };
    const line = Buffer.from(`${JSON.stringify(told)}\n`, 'utf8');
    const length = Atomics.load(this.control, this.length);
    if (length + line.length > this.bytes.length)
      throw new ModelError(`the thread waits for too many different conditions (${this.told.size})`);
    this.bytes.set(line, length);
    Atomics.store(this.control, this.length, length + line.length);
    this.told.add(id);
  }
}

/** The controller's side, for one CPU. */
export class ConditionReader {
  private readonly conditions: Conditions;
  private readonly control: Int32Array;
  private readonly bytes: Uint8Array;
  private readonly length: number;
  private readonly ids = new Map<number, number>();
  private read = 0;

  /** @param conditions those of the controller's instance of the program; what CPUs tell is added */
  constructor(conditions: Conditions, buffers: SharedBuffers, cpu: number) {
    this.conditions = conditions;
    this.control = new Int32Array(buffers.control);
    this.bytes = new Uint8Array(buffers.conditions[cpu]!);
    this.length = lineOf(cpu) + Own.CONDITIONS;
  }

  /** Translates an operand x of an operation of `kind`: only conditions are numbered differently. */
  operand(kind: number, x: number): number {
    if (kind !== Kind.UNTIL_CONDITION) return x;
    const known = this.ids.get(x);
    if (known !== undefined) return known;
    this.readOn();
    const told = this.ids.get(x);
    if (told === undefined)
      throw new ModelError(`a thread waits for condition ${x}, of which nothing is known`);
    return told;
  }

  private readOn(): void {
    const length = Atomics.load(this.control, this.length);
    const lines = Buffer.from(this.bytes.slice(this.read, length)).toString('utf8').split('\n');
    this.read = length;
    for (const line of lines) {
      if (line === '') continue;
      const { id, alternatives } = JSON.parse(line) as Told;
      this.ids.set(id, this.conditions.anyOf(...alternatives).id);
    }
  }
}
