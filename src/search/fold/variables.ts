/** The variables of one generator as bits, so that a set of them is one bigint. */
import type { AnyNode, Identifier } from 'acorn';
import { targets, walk, writtenTo } from './ast.ts';
import type { Code, FunctionNode } from './ast.ts';
import { namesFunction } from './scopes.ts';
import type { Binding, BindingKind, Resolution } from './scopes.ts';

/** A variable to be recorded at a yield. */
export interface LiveName {
  readonly name: string;
  /** False if it may not be initialised there: reading it must be guarded. */
  readonly certain: boolean;
}

/** Variables that a yield must record, or why it cannot. */
export type Listing = { readonly names: readonly LiveName[] } | { readonly shadowed: string };

/**
 * Numbers the variables of `fn`: its own and those of functions around it. Those of the module are constants and have no bit.
 * Nor has a name that only ever calls one function: it stands for the variables which that function mentions.
 */
export class Variables {
  private readonly fn: FunctionNode;
  private readonly resolution: Resolution;
  private readonly bits = new Map<Binding, bigint>();
  private readonly expanded = new Map<Binding, bigint>();
  /** Variables that functions inside the generator mention: whoever holds such a function may read them at any time. */
  readonly captured: bigint;

  constructor(fn: FunctionNode, resolution: Resolution) {
    this.fn = fn;
    this.resolution = resolution;
    let captured = 0n;
    for (const facts of resolution.factsOf.values())
      if (facts.parent === fn) captured |= this.free(facts.code);
    this.captured = captured;
  }

  /** The set that reading this name depends on. */
  read(name: Identifier): bigint {
    const binding = this.resolution.bindingOf.get(name);
    return binding === undefined ? 0n : this.bit(binding);
  }

  /** The set that is overwritten by assigning to this name. */
  written(name: Identifier): bigint {
    const binding = this.resolution.bindingOf.get(name);
    return binding === undefined || binding.scope.owner === null ? 0n : this.own(binding);
  }

  /** Everything that a node mentions, in whatever way. */
  mentioned(node: AnyNode): bigint {
    let found = 0n;
    walk(node, (below) => {
      if (below.type === 'Identifier') found |= this.read(below) | this.written(below);
      return true;
    });
    return found;
  }

  /** Everything that a node assigns to. */
  assigned(node: AnyNode): bigint {
    let found = 0n;
    walk(node, (below) => {
      const written = writtenTo(below);
      for (const target of written === null ? [] : targets(written))
        if (target.type === 'Identifier') found |= this.written(target);
      return true;
    });
    return found;
  }

  /** What a piece of code inside the generator takes from outside itself. */
  free(code: Code): bigint {
    let found = 0n;
    for (const binding of this.resolution.factsOf.get(code)?.free ?? []) found |= this.bit(binding);
    return found;
  }

  /** Spells a set of live variables, with the captured ones, for the yield `at`; sorted by name. */
  list(live: bigint, at: AnyNode): Listing {
    const scope = this.resolution.scopeOf.get(at);
    const names: LiveName[] = [];
    for (const [binding, bit] of this.bits) {
      if (((live | this.captured) & bit) === 0n) continue;
      // Not in scope: the block that declares it is entered afresh before any use.
      if (scope?.isWithin(binding.scope) !== true) continue;
      const certain = this.isInitialised(binding, at);
      if (certain === false) continue;
      if (scope.lookup(binding.name) !== binding) return { shadowed: binding.name };
      names.push({ name: binding.name, certain: certain === true });
    }
    return { names: names.sort((a, b) => (a.name < b.name ? -1 : 1)) };
  }

  private bit(binding: Binding): bigint {
    if (binding.scope.owner === null || binding.kind === 'import') return 0n;
    if (!namesFunction(binding)) return this.own(binding);
    let expanded = this.expanded.get(binding);
    if (expanded === undefined) {
      expanded = 0n;
      for (const reached of reachable(binding, this.resolution))
        if (!namesFunction(reached) && reached.scope.owner !== null) expanded |= this.own(reached);
      this.expanded.set(binding, expanded);
    }
    return expanded;
  }

  private own(binding: Binding): bigint {
    if (this.isBeyond(binding)) return 0n;
    let bit = this.bits.get(binding);
    if (bit === undefined) {
      bit = 1n << BigInt(this.bits.size);
      this.bits.set(binding, bit);
    }
    return bit;
  }

  /** Does the variable belong to a function inside the generator, whose activations nobody here can name? */
  private isBeyond(binding: Binding): boolean {
    for (
      let code = binding.scope.owner;
      code !== null;
      code = this.resolution.factsOf.get(code)?.parent ?? null
    )
      if (code === this.fn) return binding.scope.owner !== this.fn;
    return false;
  }

  /** Undefined if that cannot be told from the text. */
  private isInitialised(binding: Binding, at: AnyNode): boolean | undefined {
    if (!INITIALISED_LATE.has(binding.kind)) return true;
    const own = binding.scope.owner === this.fn;
    const from = own ? at.start : this.createdAt(binding);
    if (own && from < binding.initialisedFrom) return false;
    return from >= binding.initialisedFrom && from < binding.certainTo ? true : undefined;
  }

  /** The earliest place at which a yield of the generator can run, in terms of the code of the variable's owner. */
  private createdAt(binding: Binding): number {
    let code: Code = this.fn;
    for (;;) {
      const parent: Code | null = this.resolution.factsOf.get(code)?.parent ?? null;
      if (parent === binding.scope.owner) break;
      if (parent === null) return -1;
      code = parent;
    }
    // A declaration is hoisted: it can be called before what precedes it has run, but not before the parameters are there.
    const hoisted = code.type === 'FunctionDeclaration' && binding.kind !== 'parameter';
    return hoisted ? -1 : code.start;
  }
}

const INITIALISED_LATE: ReadonlySet<string> = new Set<BindingKind>(['let', 'const', 'class', 'parameter']);

/** The variables that a call of this function may touch, through functions it names in turn. */
export function reachable(start: Binding, resolution: Resolution): Set<Binding> {
  const found = new Set([start]);
  // A set iterates over what is added meanwhile.
  for (const binding of found) {
    const code = binding.initialFunction;
    for (const free of (code && resolution.factsOf.get(code)?.free) ?? []) found.add(free);
  }
  return found;
}
