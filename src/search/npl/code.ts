/** The operations of one thread as a flat list with jumps; a position in it is what the format calls a position. */
import { InputError } from '../../core/errors.ts';
import { compileExpression, type Evaluate } from './expressions.ts';
import {
  AWAIT,
  COMPARE_EXCHANGE,
  EXCHANGE,
  FENCE,
  FETCH_ADD,
  JOIN,
  LOAD,
  LOCK,
  SPAWN,
  STORE,
  TRYLOCK,
  UNLOCK,
} from './kinds.ts';
import type { Layout, Place } from './layout.ts';
import { RELATIONS, type Location, type NeutralThread, type Operation } from './program.ts';

/** Which shared word: `place.base` plus the index, which must be below `place.size`. */
export interface Target {
  readonly place: Place;
  readonly index: Evaluate | null;
}

/** One event. Operands by kind: `a` a value or the expected one, `b` the new one. */
export interface EventInstruction {
  readonly type: 'event';
  readonly kind: number;
  readonly target: Target | null;
  readonly a: Evaluate | null;
  readonly b: Evaluate | null;
  /** Where the result goes; -1: nowhere. */
  readonly register: number;
  /** The thread of a spawn or join, the relation of an await. */
  readonly detail: number;
}

export type Instruction =
  | EventInstruction
  | { readonly type: 'set'; readonly register: number; readonly value: Evaluate }
  | { readonly type: 'jump'; target: number }
  | { readonly type: 'branch'; readonly condition: Evaluate; otherwise: number }
  | { readonly type: 'exit' }
  | { readonly type: 'assume' | 'assert'; readonly condition: Evaluate };

/** A compiled thread. */
export interface Code {
  readonly name: string;
  readonly spawned: boolean;
  readonly registers: number;
  readonly instructions: readonly Instruction[];
}

/** Jumps of the innermost loop that wait for their target. */
interface Loop {
  readonly head: number;
  readonly breaks: { target: number }[];
}

/** Compiles a thread. Linear. Throws an InputError for a name that `layout` does not know; a parsed file has none. */
export function compileThread(thread: NeutralThread, layout: Layout): Code {
  const compiler = new Compiler(layout);
  compiler.block(thread.operations, null);
  const { instructions, registers } = compiler;
  return { name: thread.name, spawned: thread.spawned, registers: registers.size, instructions };
}

class Compiler {
  readonly instructions: Instruction[] = [];
  readonly registers = new Map<string, number>();
  private readonly layout: Layout;

  constructor(layout: Layout) {
    this.layout = layout;
  }

  block(operations: readonly Operation[], loop: Loop | null): void {
    for (const operation of operations) this.operation(operation, loop);
  }

  private operation(op: Operation, loop: Loop | null): void {
    switch (op.kind) {
      case 'ld':
        return this.event(LOAD, { target: this.variable(op.location), register: this.register(op.register) });
      case 'st':
        return this.event(STORE, { target: this.variable(op.location), a: this.value(op.value) });
      case 'faa':
      case 'xchg':
        return this.event(op.kind === 'faa' ? FETCH_ADD : EXCHANGE, {
          target: this.variable(op.location),
          a: this.value(op.value),
          register: this.register(op.register),
        });
      case 'cas':
        return this.event(COMPARE_EXCHANGE, {
          target: this.variable(op.location),
          a: this.value(op.expected),
          b: this.value(op.value),
          register: this.register(op.register),
        });
      case 'lock':
      case 'unlock':
        return this.event(op.kind === 'lock' ? LOCK : UNLOCK, { target: this.mutex(op.mutex) });
      case 'trylock':
        return this.event(TRYLOCK, { target: this.mutex(op.mutex), register: this.register(op.register) });
      case 'await':
        return this.event(AWAIT, {
          target: this.variable(op.location),
          a: this.value(op.value),
          detail: RELATIONS.indexOf(op.relation),
        });
      case 'fence':
        return this.event(FENCE, {});
      case 'spawn':
      case 'join':
        return this.event(op.kind === 'spawn' ? SPAWN : JOIN, { detail: this.thread(op.thread) });
      default:
        return this.local(op, loop);
    }
  }

  private local(op: Operation, loop: Loop | null): void {
    switch (op.kind) {
      case 'set':
        this.emit({ type: 'set', register: this.register(op.register), value: this.value(op.value) });
        return;
      case 'if': {
        const branch = this.emit({ type: 'branch', condition: this.value(op.condition), otherwise: 0 });
        this.block(op.consequent, loop);
        const end = op.alternative.length === 0 ? null : this.emit({ type: 'jump', target: 0 });
        branch.otherwise = this.here;
        this.block(op.alternative, loop);
        if (end !== null) end.target = this.here;
        return;
      }
      case 'while': {
        const inner: Loop = { head: this.here, breaks: [] };
        const branch = this.emit({ type: 'branch', condition: this.value(op.condition), otherwise: 0 });
        this.block(op.body, inner);
        this.emit({ type: 'jump', target: inner.head });
        branch.otherwise = this.here;
        for (const jump of inner.breaks) jump.target = this.here;
        return;
      }
      case 'break':
      case 'continue': {
        if (loop === null) throw new InputError(`${op.kind} outside a while`);
        const jump = this.emit({ type: 'jump', target: loop.head });
        if (op.kind === 'break') loop.breaks.push(jump);
        return;
      }
      case 'exit':
        this.emit({ type: 'exit' });
        return;
      case 'assume':
      case 'assert':
        this.emit({ type: op.kind, condition: this.value(op.condition) });
        return;
      default:
        throw new InputError(`unknown operation ${op.kind}`);
    }
  }

  private get here(): number {
    return this.instructions.length;
  }

  private emit<T extends Instruction>(instruction: T): T {
    this.instructions.push(instruction);
    return instruction;
  }

  private event(kind: number, parts: Partial<Omit<EventInstruction, 'type' | 'kind'>>): void {
    const nothing = { target: null, a: null, b: null, register: -1, detail: -1 };
    this.emit({ type: 'event', kind, ...nothing, ...parts });
  }

  private register(name: string): number {
    const known = this.registers.get(name);
    if (known !== undefined) return known;
    this.registers.set(name, this.registers.size);
    return this.registers.size - 1;
  }

  private value(expression: Parameters<typeof compileExpression>[0]): Evaluate {
    return compileExpression(expression, (name) => this.register(name));
  }

  private variable(location: Location): Target {
    return this.target(location, this.layout.variables, 'variable');
  }

  private mutex(location: Location): Target {
    return this.target(location, this.layout.mutexes, 'mutex');
  }

  private target(location: Location, places: ReadonlyMap<string, Place>, what: string): Target {
    const [name, index] = typeof location === 'string' ? [location, null] : location;
    const place = places.get(name);
    if (place === undefined) throw new InputError(`unknown ${what} '${name}'`);
    return { place, index: index === null ? null : this.value(index) };
  }

  private thread(name: string): number {
    const index = this.layout.threads.indexOf(name);
    if (index < 0) throw new InputError(`unknown thread '${name}'`);
    return index;
  }
}
