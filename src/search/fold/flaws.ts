/** What makes a whole generator unfit for folding: state that no list of its live variables can tell. */
import type { AnyNode } from 'acorn';
import { bare, targets, walk, writtenTo } from './ast.ts';
import type { Code, FunctionNode } from './ast.ts';
import type { Binding, Resolution } from './scopes.ts';
import { reachable } from './variables.ts';

/** Something found in a program, and where. */
export interface Finding {
  readonly node: AnyNode;
  readonly message: string;
}

/** Finds writes to what outlives the generator's frame, and reads of what others write. Empty for a decent generator. */
export function flawsOf(fn: FunctionNode, resolution: Resolution): Finding[] {
  const facts = resolution.factsOf.get(fn);
  if (facts === undefined) return [];
  const found: Finding[] = [...facts.obstacles];
  if (facts.usesArguments)
    found.push({ node: fn, message: '`arguments` is not recorded: name the parameters' });
  found.push(...writes(fn, fn, true, resolution));
  const reported = new Set(found.map((finding) => finding.message));
  for (const binding of touched(fn, resolution)) {
    if (!changesElsewhere(binding, fn)) continue;
    const message = `depends on \`${binding.name}\`, which is assigned in another function`;
    if (!reported.has(assignment(binding, fn, resolution))) found.push({ node: fn, message });
  }
  return found;
}

/** Writes in `code` and the functions inside it. `ours`: is `this` here the generator's? */
function writes(code: Code, fn: FunctionNode, ours: boolean, resolution: Resolution): Finding[] {
  const found: Finding[] = [];
  walk(code, (node) => {
    if (node !== code && resolution.factsOf.has(node as Code)) {
      found.push(...writes(node as Code, fn, ours && node.type === 'ArrowFunctionExpression', resolution));
      return false;
    }
    const written = writtenTo(node);
    for (const target of written === null ? [] : targets(written)) {
      const message = judge(target, code, fn, ours, resolution);
      if (message !== null) found.push({ node: target, message });
    }
    return true;
  });
  return found;
}

function judge(
  target: AnyNode,
  code: Code,
  fn: FunctionNode,
  ours: boolean,
  resolution: Resolution,
): string | null {
  if (target.type === 'Identifier') {
    const binding = resolution.bindingOf.get(target);
    if (binding === undefined) return `assigns the global \`${target.name}\``;
    if (binding.scope.owner === fn ? code === fn : isInside(binding.scope.owner, fn, resolution)) return null;
    return assignment(binding, fn, resolution);
  }
  const root = rootOf(target);
  if (root.type === 'ThisExpression' || root.type === 'Super')
    return ours ? 'writes to a field of `this`, which is known by identity only' : null;
  if (root.type !== 'Identifier') return null;
  const binding = resolution.bindingOf.get(root);
  if (binding === undefined || binding.scope.owner === null)
    return `writes to \`${root.name}\`, which outlives the thread`;
  return null;
}

function assignment(binding: Binding, fn: FunctionNode, resolution: Resolution): string {
  const { name, scope } = binding;
  if (scope.owner === null) return `assigns the module-level variable \`${name}\``;
  if (scope.owner === fn)
    return `\`${name}\` is assigned in a nested function, maybe while this one is suspended`;
  return isInside(scope.owner, fn, resolution)
    ? ''
    : `assigns \`${name}\`, a variable of the function around it`;
}

function isInside(code: Code | null, fn: FunctionNode, resolution: Resolution): boolean {
  for (let at = code; at !== null; at = resolution.factsOf.get(at)?.parent ?? null)
    if (at === fn) return true;
  return false;
}

function rootOf(target: AnyNode): AnyNode {
  let node = bare(target);
  while (node.type === 'MemberExpression' || node.type === 'ChainExpression')
    node = bare(node.type === 'MemberExpression' ? node.object : node.expression);
  return node;
}

/** The outside variables that the generator, or a function it names, mentions. */
function touched(fn: FunctionNode, resolution: Resolution): Set<Binding> {
  const found = new Set<Binding>();
  for (const free of resolution.factsOf.get(fn)?.free ?? [])
    for (const binding of reachable(free, resolution)) if (binding.scope.owner !== fn) found.add(binding);
  return found;
}

/** Top-level code runs before any thread; the function that owns a variable stands still while a generator inside it runs. */
function changesElsewhere(binding: Binding, fn: FunctionNode): boolean {
  return [...binding.writers].some((writer) => writer !== binding.scope.owner && writer !== fn);
}
