/** What a function is called in traces: its own name, or that of what it is assigned to. */
import type { AnyNode } from 'acorn';
import { bare } from './ast.ts';
import type { FunctionNode } from './ast.ts';

/** The name of `fn`, whose surrounding nodes are `path`, innermost last. */
export function functionName(fn: FunctionNode, path: readonly AnyNode[], code: string): string {
  if (fn.type !== 'ArrowFunctionExpression' && fn.id) return fn.id.name;
  const parent = path.findLast((node) => node.type !== 'ParenthesizedExpression');
  switch (parent?.type) {
    case 'MethodDefinition':
    case 'Property':
    case 'PropertyDefinition':
      return parent.value && bare(parent.value) === fn
        ? keyName(parent.key, parent.computed, code)
        : 'anonymous';
    case 'VariableDeclarator':
      return parent.id.type === 'Identifier' ? parent.id.name : 'anonymous';
    case 'AssignmentExpression':
    case 'AssignmentPattern':
      return parent.left.type === 'Identifier' || parent.left.type === 'MemberExpression'
        ? code.slice(parent.left.start, parent.left.end)
        : 'anonymous';
    case 'ExportDefaultDeclaration':
      return 'default';
    default:
      return 'anonymous';
  }
}

function keyName(key: AnyNode, computed: boolean, code: string): string {
  if (computed) return `[${code.slice(key.start, key.end)}]`;
  if (key.type === 'Identifier') return key.name;
  if (key.type === 'PrivateIdentifier') return `#${key.name}`;
  return key.type === 'Literal' ? String(key.value) : code.slice(key.start, key.end);
}
