/**
 * What an expression keeps while a later part of it yields. In `x + (yield* f())` the value of `x` has been read and waits; it
 * can be told from the recorded variables as long as `x` does not change meanwhile. The value of `o.count` cannot.
 */
import type { AnyNode } from 'acorn';
import { bare } from './ast.ts';
import type { Resolution } from './scopes.ts';
import type { Variables } from './variables.ts';

/** Values that wait: the variables they can be told from, and why some cannot be told (null: all can). */
export interface Pending {
  readonly live: bigint;
  readonly hidden: string | null;
}

/** Nothing waits. */
export const NOTHING: Pending = { live: 0n, hidden: null };

/** Something waits that nobody can see. */
export function hidden(reason: string): Pending {
  return { live: 0n, hidden: reason };
}

/** Both wait. */
export function both(a: Pending, b: Pending): Pending {
  return { live: a.live | b.live, hidden: a.hidden ?? b.hidden };
}

/** Tells what waits, for the expressions of one generator. */
export class PendingValues {
  private readonly variables: Variables;
  private readonly resolution: Resolution;

  constructor(variables: Variables, resolution: Resolution) {
    this.variables = variables;
    this.resolution = resolution;
  }

  /** The value of `node` waits while the parts of `later` are evaluated. */
  value(node: AnyNode, later: readonly AnyNode[]): Pending {
    if (this.resolution.yielding.has(node)) return hidden('the result of an earlier yield is pending');
    if (!isPure(node)) return hidden(`the value of ${describe(node)} is pending`);
    return this.unlessChanged(this.variables.mentioned(node), later);
  }

  /** As {@link value}, for a value that has already been made a string: an object's content may have changed since. */
  text(node: AnyNode, later: readonly AnyNode[]): Pending {
    if (isPure(node) && !isPrimitive(node)) return hidden('a value already made a string is pending');
    return this.value(node, later);
  }

  /**
   * The method of `object` that is about to be called waits while the arguments are evaluated. Methods are taken to be constant,
   * so it can be told from the object.
   */
  method(object: AnyNode, later: readonly AnyNode[]): Pending {
    return this.isConstant(object) ? NOTHING : this.value(object, later);
  }

  private unlessChanged(live: bigint, later: readonly AnyNode[]): Pending {
    for (const node of later)
      if ((this.variables.assigned(node) & live) !== 0n)
        return hidden('a variable changes while its old value is pending');
    return { live, hidden: null };
  }

  /** A module-level name, or a named member of one: constants by the rules of the pass. */
  private isConstant(node: AnyNode): boolean {
    const inner = bare(node);
    if (inner.type === 'MemberExpression') return !inner.computed && this.isConstant(inner.object);
    if (inner.type !== 'Identifier') return false;
    const binding = this.resolution.bindingOf.get(inner);
    return binding === undefined || binding.scope.owner === null;
  }
}

function describe(node: AnyNode): string {
  const inner = bare(node);
  switch (inner.type) {
    case 'MemberExpression':
      return inner.property.type === 'Identifier' && !inner.computed
        ? `a member read \`.${inner.property.name}\``
        : 'a member read';
    case 'CallExpression':
    case 'NewExpression':
      return 'a call';
    case 'AssignmentExpression':
    case 'UpdateExpression':
      return 'an assignment';
    case 'SpreadElement':
      return 'a spread';
    default:
      return 'a subexpression';
  }
}

/** A function of local variables and constants only: no effects, and nothing read from inside an object. */
function isPure(node: AnyNode): boolean {
  switch (node.type) {
    case 'Identifier':
    case 'ThisExpression':
    case 'Super':
    case 'MetaProperty':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return true;
    case 'Literal':
      return !node.regex;
    case 'ParenthesizedExpression':
      return isPure(node.expression);
    case 'LogicalExpression':
      return isPure(node.left) && isPure(node.right);
    case 'ConditionalExpression':
      return isPure(node.test) && isPure(node.consequent) && isPure(node.alternate);
    case 'UnaryExpression':
      if (node.operator === '!' || node.operator === 'typeof' || node.operator === 'void')
        return isPure(node.argument);
      return node.operator !== 'delete' && isPrimitive(node.argument);
    case 'BinaryExpression':
      if (node.operator === '===' || node.operator === '!==') return isPure(node.left) && isPure(node.right);
      return isPrimitive(node.left) && isPrimitive(node.right);
    case 'TemplateLiteral':
      return node.expressions.every((expression) => isPrimitive(expression));
    default:
      return false;
  }
}

/** Pure, and certainly no object: operators that convert their operands read the content of objects. */
function isPrimitive(node: AnyNode): boolean {
  switch (node.type) {
    case 'Literal':
    case 'UnaryExpression':
    case 'BinaryExpression':
    case 'TemplateLiteral':
      return isPure(node);
    case 'ParenthesizedExpression':
      return isPrimitive(node.expression);
    case 'LogicalExpression':
      return isPrimitive(node.left) && isPrimitive(node.right);
    case 'ConditionalExpression':
      return isPure(node.test) && isPrimitive(node.consequent) && isPrimitive(node.alternate);
    default:
      return false;
  }
}
