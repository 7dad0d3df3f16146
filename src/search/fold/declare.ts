/** Enters declarations into scopes: what is hoisted to a function, and what belongs to a block. */
import type { AnyNode, VariableDeclaration } from 'acorn';
import { bare, children, isFunction, targets } from './ast.ts';
import type { FunctionNode } from './ast.ts';
import type { Scope } from './scopes.ts';

function names(pattern: AnyNode): string[] {
  return targets(pattern).flatMap((target) => (target.type === 'Identifier' ? [target.name] : []));
}

/** Declares the parameters of a function. */
export function declareParameters(scope: Scope, fn: FunctionNode): void {
  for (const parameter of fn.params)
    for (const name of names(parameter)) scope.declare(name, 'parameter', fn.body.start);
}

/** Declares every `var` of a function body (or module), however deep in blocks. */
export function declareVars(scope: Scope, body: AnyNode): void {
  const descend = (node: AnyNode): void => {
    if (isFunction(node) || node.type === 'StaticBlock' || node.type === 'PropertyDefinition') return;
    if (node.type === 'VariableDeclaration' && node.kind === 'var')
      for (const { id } of node.declarations)
        for (const name of names(id)) scope.declare(name, 'var', scope.start);
    for (const child of children(node)) descend(child);
  };
  for (const child of children(body)) descend(child);
}

/** Declares what a list of statements declares for itself. `end` is where control may jump to without passing them. */
export function declareBlock(scope: Scope, statements: readonly AnyNode[], end = Infinity): void {
  for (const statement of statements) {
    const node =
      (statement.type === 'ExportNamedDeclaration' || statement.type === 'ExportDefaultDeclaration') &&
      statement.declaration
        ? statement.declaration
        : statement;
    if (node.type === 'VariableDeclaration') declareLexical(scope, node, end);
    else if (node.type === 'FunctionDeclaration' && node.id)
      scope.declare(node.id.name, 'function', scope.start, Infinity, node);
    else if (node.type === 'ClassDeclaration' && node.id) scope.declare(node.id.name, 'class', node.end, end);
    else if (node.type === 'ImportDeclaration')
      for (const { local } of node.specifiers) scope.declare(local.name, 'import', 0);
  }
}

/** Where the variables of a `for` head are initialised, if not at their declaration; absent for other declarations. */
export interface LoopHead {
  readonly from: number | null;
}

/** Declares the variables of one `let` or `const` declaration. */
export function declareLexical(
  scope: Scope,
  node: VariableDeclaration,
  end = Infinity,
  head?: LoopHead,
): void {
  if (node.kind === 'var') return;
  for (const { id, init, end: declared } of node.declarations) {
    // A loop head makes a fresh variable for each turn, so a function in it may see another one than the body does.
    const constant = head === undefined && node.kind === 'const' && id.type === 'Identifier';
    const value = constant && init ? bare(init) : null;
    const fn = value !== null && isFunction(value) ? value : null;
    for (const name of names(id))
      scope.declare(name, node.kind === 'let' ? 'let' : 'const', head?.from ?? declared, end, fn);
  }
}
