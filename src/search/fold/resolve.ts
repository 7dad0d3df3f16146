/** Resolves every name of a module to its declaration, and gathers what each function touches. */
import type { AnyNode, Identifier, Program } from 'acorn';
import { bare, children, targets, writtenTo } from './ast.ts';
import type { Code, FunctionNode } from './ast.ts';
import { declareBlock, declareLexical, declareParameters, declareVars } from './declare.ts';
import { Scope } from './scopes.ts';
import type { Binding, CodeFacts, Resolution } from './scopes.ts';

/** Scope analysis of a whole module. Cost: linear in its size. */
export function resolve(program: Program): Resolution {
  const resolver = new Resolver();
  resolver.module(program);
  return resolver;
}

class Resolver implements Resolution {
  readonly bindingOf = new Map<Identifier, Binding>();
  readonly factsOf = new Map<Code, CodeFacts>();
  readonly scopeOf = new Map<AnyNode, Scope>();
  readonly yielding = new Set<AnyNode>();
  /** The functions around the current node, innermost last. */
  private readonly codes: CodeFacts[] = [];
  /** The nodes around the current node, innermost last. */
  private readonly path: AnyNode[] = [];
  private readonly written = new Map<AnyNode, Code | null>();

  module(program: Program): void {
    const scope = new Scope(null, null, 0);
    declareVars(scope, program);
    declareBlock(scope, program.body);
    for (const statement of program.body) this.visit(statement, scope);
  }

  private get code(): Code | null {
    return this.codes.at(-1)?.code ?? null;
  }

  private visit(node: AnyNode, scope: Scope): void {
    this.path.push(node);
    this.noteWrites(node);
    this.visitBelow(node, scope);
    this.path.pop();
  }

  private all(nodes: readonly (AnyNode | null | undefined)[], scope: Scope): void {
    for (const node of nodes) if (node) this.visit(node, scope);
  }

  private visitBelow(node: AnyNode, scope: Scope): void {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.visitFunction(node, scope);
      case 'ClassDeclaration':
      case 'ClassExpression': {
        const inner = new Scope(scope, this.code, node.start);
        if (node.id) inner.declare(node.id.name, 'class', node.end);
        return this.all([node.superClass, node.body], inner);
      }
      case 'PropertyDefinition':
        if (node.computed) this.visit(node.key, scope);
        return this.within(node, () => this.all([node.value], new Scope(scope, node, node.start)));
      case 'StaticBlock':
        return this.within(node, () => {
          const inner = new Scope(scope, node, node.start);
          declareVars(inner, node);
          declareBlock(inner, node.body);
          this.all(node.body, inner);
        });
      case 'BlockStatement': {
        const inner = new Scope(scope, this.code, node.start);
        declareBlock(inner, node.body);
        return this.all(node.body, inner);
      }
      case 'ForStatement': {
        const inner = new Scope(scope, this.code, node.start);
        if (node.init?.type === 'VariableDeclaration')
          declareLexical(inner, node.init, Infinity, { from: null });
        return this.all([node.init, node.test, node.update, node.body], inner);
      }
      case 'ForInStatement':
      case 'ForOfStatement': {
        const inner = new Scope(scope, this.code, node.start);
        if (node.left.type === 'VariableDeclaration')
          declareLexical(inner, node.left, Infinity, { from: node.right.end });
        return this.all([node.left, node.right, node.body], inner);
      }
      case 'SwitchStatement': {
        const inner = new Scope(scope, this.code, node.start);
        for (const { consequent, end } of node.cases) declareBlock(inner, consequent, end);
        this.visit(node.discriminant, scope);
        return this.all(node.cases, inner);
      }
      case 'CatchClause': {
        const inner = new Scope(scope, this.code, node.start);
        const caught = node.param ? targets(node.param) : [];
        for (const target of caught)
          if (target.type === 'Identifier') inner.declare(target.name, 'catch', node.start);
        return this.all([node.param, node.body], inner);
      }
      case 'Identifier':
        return this.reference(node, scope);
      case 'MemberExpression':
        return this.all([node.object, node.computed ? node.property : null], scope);
      case 'Property':
      case 'MethodDefinition':
        return this.all([node.computed ? node.key : null, node.value], scope);
      case 'LabeledStatement':
        return this.visit(node.body, scope);
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'MetaProperty':
      case 'ImportDeclaration':
      case 'ExportAllDeclaration':
        return;
      case 'ExportNamedDeclaration':
        return this.all([node.declaration], scope);
      case 'ThisExpression':
      case 'Super':
        return this.noteThis();
      case 'YieldExpression':
        this.noteYield(node, scope);
        return this.all([node.argument], scope);
      case 'VariableDeclaration':
        if (node.kind === 'using' || node.kind === 'await using')
          this.codes.at(-1)?.obstacles.push({ node, message: '`using` keeps hidden state' });
        return this.all(node.declarations, scope);
      default:
        return this.all(children(node), scope);
    }
  }

  private visitFunction(node: FunctionNode, scope: Scope): void {
    let outer = scope;
    if (node.type === 'FunctionExpression' && node.id) {
      outer = new Scope(scope, this.code, node.start);
      outer.declare(node.id.name, 'self', node.start, Infinity, node);
    }
    this.within(node, () => {
      const parameters = new Scope(outer, node, node.start);
      declareParameters(parameters, node);
      this.all(node.params, parameters);
      if (node.body.type !== 'BlockStatement') return this.visit(node.body, parameters);
      // A `var` with the name of a parameter is taken as a variable of its own that starts with the parameter's value: nothing
      // in the body can see the parameter then.
      const body = new Scope(parameters, node, node.start);
      declareVars(body, node.body);
      declareBlock(body, node.body.body);
      this.path.push(node.body);
      this.all(node.body.body, body);
      this.path.pop();
    });
  }

  private within(code: Code, visit: () => void): void {
    const facts: CodeFacts = {
      code,
      parent: this.code,
      free: new Set(),
      yields: [],
      usesThis: false,
      usesArguments: false,
      obstacles: [],
    };
    this.factsOf.set(code, facts);
    this.codes.push(facts);
    visit();
    this.codes.pop();
  }

  private reference(node: Identifier, scope: Scope): void {
    const binding = scope.lookup(node.name);
    const parent = this.parentOf(node);
    const called = parent?.type === 'CallExpression' && bare(parent.callee) === node;
    if (binding === null) {
      if (node.name === 'arguments') this.noteArguments();
      if (node.name === 'eval' && called)
        for (const facts of this.codes)
          facts.obstacles.push({ node, message: '`eval` may touch any variable' });
      return;
    }
    this.bindingOf.set(node, binding);
    for (const facts of this.codes) if (this.isOutside(binding, facts.code)) facts.free.add(binding);
    const declares = parent?.type === 'VariableDeclarator' && parent.id === node;
    if (!called && !declares) binding.onlyCalled = false;
    if (this.written.has(node)) binding.writers.add(this.code);
    // The value of a `var` may be given twice, and that of `let x` again in each turn: only `var` counts as writing.
    if (declares && binding.kind === 'var' && parent.init) binding.writers.add(this.code);
  }

  /** Is the variable declared outside this code? Codes nest, so it is unless its owner is the code or something inside. */
  private isOutside(binding: Binding, code: Code): boolean {
    const owners = this.codes.map((facts): Code | null => facts.code);
    return owners.indexOf(binding.scope.owner) < owners.indexOf(code);
  }

  private parentOf(node: AnyNode): AnyNode | undefined {
    let at = this.path.length - 1;
    if (this.path[at] === node) at--;
    while (this.path[at]?.type === 'ParenthesizedExpression') at--;
    return this.path[at];
  }

  private noteWrites(node: AnyNode): void {
    const written = writtenTo(node);
    if (written === null) return;
    for (const target of targets(written)) this.written.set(target, this.code);
  }

  /** The function whose `this` and `arguments` the current node sees, and the arrow functions on the way to it. */
  private *sharingThis(): Generator<CodeFacts> {
    for (const facts of this.codes.toReversed()) {
      yield facts;
      if (facts.code.type !== 'ArrowFunctionExpression') return;
    }
  }

  private noteThis(): void {
    for (const facts of this.sharingThis()) facts.usesThis = true;
  }

  private noteArguments(): void {
    for (const facts of this.sharingThis()) facts.usesArguments = true;
  }

  private noteYield(node: AnyNode, scope: Scope): void {
    const facts = this.codes.at(-1);
    if (facts === undefined) return;
    facts.yields.push(node);
    this.scopeOf.set(node, scope);
    for (const around of this.path.toReversed()) {
      if (around === facts.code) break;
      this.yielding.add(around);
    }
  }
}
