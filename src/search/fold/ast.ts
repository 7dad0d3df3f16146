/** What the fold pass needs to know about syntax trees in general. */
import type {
  AnonymousFunctionDeclaration,
  AnyNode,
  ArrowFunctionExpression,
  FunctionDeclaration,
  FunctionExpression,
  PropertyDefinition,
  StaticBlock,
} from 'acorn';

/** A function in the usual sense. */
export type FunctionNode =
  | FunctionDeclaration
  | AnonymousFunctionDeclaration
  | FunctionExpression
  | ArrowFunctionExpression;

/** Code that runs at another time than its surroundings: functions, and the initialisers of class fields. */
export type Code = FunctionNode | PropertyDefinition | StaticBlock;

export function isFunction(node: AnyNode): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  );
}

function isNode(value: unknown): value is AnyNode {
  return (
    typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
  );
}

/** The nodes directly below a node, in source order. */
export function children(node: AnyNode): AnyNode[] {
  const found: AnyNode[] = [];
  for (const value of Object.values(node) as unknown[]) {
    if (Array.isArray(value)) found.push(...(value as unknown[]).filter((item) => isNode(item)));
    else if (isNode(value)) found.push(value);
  }
  return found.sort((a, b) => a.start - b.start);
}

/** Calls `visit` for a node and everything below it, outermost first; where it returns false, not for what is below. */
export function walk(node: AnyNode, visit: (node: AnyNode, parent: AnyNode | null) => boolean): void {
  const descend = (child: AnyNode, parent: AnyNode | null): void => {
    if (visit(child, parent)) for (const below of children(child)) descend(below, child);
  };
  descend(node, null);
}

/** An expression without the parentheses around it (the parser keeps them, so that offsets are exact). */
export function bare(node: AnyNode): AnyNode {
  let inner = node;
  while (inner.type === 'ParenthesizedExpression') inner = inner.expression;
  return inner;
}

/** The member that is written to, if this node writes to one, or the name. Null for a node that writes nothing itself. */
export function writtenTo(node: AnyNode): AnyNode | null {
  switch (node.type) {
    case 'AssignmentExpression':
      return node.left;
    case 'UpdateExpression':
      return node.argument;
    case 'UnaryExpression':
      return node.operator === 'delete' ? node.argument : null;
    case 'ForInStatement':
    case 'ForOfStatement':
      return node.left.type === 'VariableDeclaration' ? null : node.left;
    default:
      return null;
  }
}

/** The names and members that a (possibly destructuring) target stands for. Defaults and computed keys are no targets. */
export function targets(pattern: AnyNode): AnyNode[] {
  const node = bare(pattern);
  switch (node.type) {
    case 'ObjectPattern':
      return node.properties.flatMap((property) =>
        targets(property.type === 'RestElement' ? property.argument : property.value),
      );
    case 'ArrayPattern':
      return node.elements.flatMap((element) => (element === null ? [] : targets(element)));
    case 'RestElement':
      return targets(node.argument);
    case 'AssignmentPattern':
      return targets(node.left);
    default:
      return [node];
  }
}
