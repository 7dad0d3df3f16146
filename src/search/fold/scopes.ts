/** Which variables there are, and where one can be seen and read. */
import type { AnyNode, Identifier } from 'acorn';
import type { Code, FunctionNode } from './ast.ts';

/** How a variable is declared; `self` is the name of a function expression inside itself. */
export type BindingKind =
  | 'import'
  | 'parameter'
  | 'var'
  | 'let'
  | 'const'
  | 'class'
  | 'function'
  | 'self'
  | 'catch';

/** One declared variable; two of the same name in different scopes are two bindings. */
export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  readonly scope: Scope;
  /** Offsets between which the variable is certainly initialised; before, inside its scope, it certainly is not. */
  readonly initialisedFrom: number;
  readonly certainTo: number;
  /** The function that the variable is declared with, if it is declared with one and stays it. */
  readonly initialFunction: FunctionNode | null;
  /** Code that assigns to it, other than its declaration; null for the module's top level. */
  readonly writers: Set<Code | null>;
  /** False as soon as the name is used otherwise than to call it. */
  onlyCalled: boolean;
}

/** A piece of code in which names mean the same. */
export class Scope {
  readonly parent: Scope | null;
  /** The code whose activation holds the variables; null for the module. */
  readonly owner: Code | null;
  readonly start: number;
  private readonly names = new Map<string, Binding>();

  constructor(parent: Scope | null, owner: Code | null, start: number) {
    this.parent = parent;
    this.owner = owner;
    this.start = start;
  }

  /** Adds a variable; a second declaration of the same name (`var`, `function`) is the same variable. */
  declare(
    name: string,
    kind: BindingKind,
    initialisedFrom: number,
    certainTo = Infinity,
    initialFunction: FunctionNode | null = null,
  ): Binding {
    const known = this.names.get(name);
    if (known !== undefined) {
      if (initialFunction !== null || known.initialFunction !== null) known.onlyCalled = false;
      return known;
    }
    const binding: Binding = {
      name,
      kind,
      scope: this,
      initialisedFrom,
      certainTo,
      initialFunction,
      writers: new Set(),
      onlyCalled: true,
    };
    this.names.set(name, binding);
    return binding;
  }

  /** What `name` means here; null if it is a global. */
  lookup(name: string): Binding | null {
    return this.names.get(name) ?? this.parent?.lookup(name) ?? null;
  }

  /** Is `other` this scope or one around it? */
  isWithin(other: Scope): boolean {
    return this === other || (this.parent?.isWithin(other) ?? false);
  }
}

/** What the scope analysis knows about one piece of code. */
export interface CodeFacts {
  readonly code: Code;
  /** The code directly around it, null at module level. */
  readonly parent: Code | null;
  /** Variables declared outside that it, or a function inside it, mentions. */
  readonly free: Set<Binding>;
  /** Its own yields, in source order. */
  readonly yields: AnyNode[];
  usesThis: boolean;
  usesArguments: boolean;
  /** A construct that defeats the analysis (`eval`, `using`), and where. */
  readonly obstacles: { readonly node: AnyNode; readonly message: string }[];
}

/** The result of {@link resolve}. */
export interface Resolution {
  readonly bindingOf: ReadonlyMap<Identifier, Binding>;
  readonly factsOf: ReadonlyMap<Code, CodeFacts>;
  /** The scope around each yield. */
  readonly scopeOf: ReadonlyMap<AnyNode, Scope>;
  /** Nodes that contain a yield of the function they belong to. */
  readonly yielding: ReadonlySet<AnyNode>;
}

/** Is the variable nothing but a name for a function: never reassigned, never looked at except to call it? */
export function namesFunction(binding: Binding): boolean {
  return binding.initialFunction !== null && binding.onlyCalled && binding.writers.size === 0;
}
