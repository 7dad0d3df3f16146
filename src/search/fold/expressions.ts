/** Live variables through expressions, backwards: from what is live after one to what is live before it. */
import type { AnyNode, AssignmentExpression, CallExpression, NewExpression, YieldExpression } from 'acorn';
import { bare, walk } from './ast.ts';
import type { FunctionNode } from './ast.ts';
import { both, hidden, NOTHING, PendingValues } from './pending.ts';
import type { Pending } from './pending.ts';
import type { Resolution } from './scopes.ts';
import { Variables } from './variables.ts';

/** What is known about one yield when the analysis is through. */
export interface YieldState {
  live: bigint;
  /** Why the yield cannot be folded, or null. */
  hidden: string | null;
}

/** A part of an expression, and how its value waits while later parts are evaluated. */
interface Part {
  readonly node: AnyNode;
  readonly pending: (later: readonly AnyNode[]) => Pending;
}

/** The expressions of one generator. Its yields collect what every visit finds; the last visit of a loop finds the most. */
export class Expressions {
  readonly variables: Variables;
  readonly yields = new Map<YieldExpression, YieldState>();
  private readonly resolution: Resolution;
  private readonly pending: PendingValues;
  /** What is live after the optional chain around the current expression: it may be left at any `?.`. */
  private afterChain = 0n;

  constructor(fn: FunctionNode, resolution: Resolution) {
    this.resolution = resolution;
    this.variables = new Variables(fn, resolution);
    this.pending = new PendingValues(this.variables, resolution);
  }

  /**
   * What is live before `node` when `after` is live after it and `held` waits around it.
   */
  before(node: AnyNode | null | undefined, after: bigint, held: Pending = NOTHING): bigint {
    if (!node) return after;
    switch (node.type) {
      case 'Identifier':
        return after | this.variables.read(node);
      case 'Literal':
      case 'ThisExpression':
      case 'Super':
      case 'MetaProperty':
      case 'PrivateIdentifier':
      case 'TemplateElement':
        return after;
      case 'ParenthesizedExpression':
        return this.before(node.expression, after, held);
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return after | this.variables.free(node);
      case 'YieldExpression':
        this.record(node, after | held.live, held.hidden);
        return this.before(node.argument, after, held);
      case 'AssignmentExpression':
        return this.assignment(node, after, held);
      case 'UpdateExpression':
      case 'UnaryExpression':
      case 'SpreadElement':
        return this.before(node.argument, after, held);
      case 'LogicalExpression':
        return this.before(node.left, after | this.before(node.right, after, held), held);
      case 'ConditionalExpression': {
        const branches = this.before(node.consequent, after, held) | this.before(node.alternate, after, held);
        return this.before(node.test, branches, held);
      }
      case 'SequenceExpression':
        return node.expressions.reduceRight((live, expression) => this.before(expression, live, held), after);
      case 'BinaryExpression':
        return this.parts([this.part(node.left), this.part(node.right)], after, held);
      case 'ArrayExpression':
        return this.parts(
          node.elements.flatMap((element) => (element ? [this.part(element)] : [])),
          after,
          held,
        );
      case 'ObjectExpression':
        return this.parts(
          node.properties.flatMap((property) =>
            property.type === 'SpreadElement'
              ? [this.part(property)]
              : [...(property.computed ? [this.text(property.key)] : []), this.part(property.value)],
          ),
          after,
          held,
        );
      case 'TemplateLiteral':
        return this.parts(
          node.expressions.map((expression) => this.text(expression)),
          after,
          held,
        );
      case 'TaggedTemplateExpression': {
        const values = node.quasi.expressions.map((expression) => this.part(expression));
        return this.parts([...this.callee(node.tag), ...values], after, held);
      }
      case 'MemberExpression': {
        const live = this.parts(
          node.computed ? [this.part(node.property)] : [],
          after,
          this.around(node, held),
        );
        return this.before(node.object, node.optional ? live | this.afterChain : live, held);
      }
      case 'CallExpression':
      case 'NewExpression':
        return this.call(node, after, held);
      case 'ChainExpression': {
        const outer = this.afterChain;
        this.afterChain = after;
        const live = this.before(node.expression, after, held);
        this.afterChain = outer;
        return live;
      }
      default:
        return this.unknown(node, after, 'a yield in an expression the pass does not know');
    }
  }

  /** Before assigning to `target`: a plain variable dies, a pattern is taken apart after its value is there. */
  beforeTarget(target: AnyNode, after: bigint): bigint {
    const node = bare(target);
    switch (node.type) {
      case 'Identifier':
        return after & ~this.variables.written(node);
      case 'AssignmentPattern': {
        const assigned = this.beforeTarget(node.left, after);
        return assigned | this.before(node.right, assigned, IN_PATTERN);
      }
      case 'RestElement':
        return this.beforeTarget(node.argument, after);
      case 'ArrayPattern':
        return node.elements.reduceRight(
          (live, element) => (element ? this.beforeTarget(element, live) : live),
          after,
        );
      case 'ObjectPattern':
        return node.properties.reduceRight((live, property) => {
          if (property.type === 'RestElement') return this.beforeTarget(property, live);
          const value = this.beforeTarget(property.value, live);
          return property.computed ? this.before(property.key, value, IN_PATTERN) : value;
        }, after);
      default:
        return this.before(node, after, IN_PATTERN);
    }
  }

  /** Before something whose inner flow is not followed: everything it mentions is live, its yields cannot be folded. */
  unknown(node: AnyNode, after: bigint, reason: string): bigint {
    walk(node, (below) => {
      if (below !== node && !this.resolution.yielding.has(below)) return false;
      if (below.type === 'YieldExpression') this.record(below, after, reason);
      return true;
    });
    return after | this.variables.mentioned(node);
  }

  private record(node: YieldExpression, live: bigint, reason: string | null): void {
    const known = this.yields.get(node);
    if (known === undefined) this.yields.set(node, { live, hidden: reason });
    else {
      known.live |= live;
      known.hidden ??= reason;
    }
  }

  private assignment(node: AssignmentExpression, after: bigint, held: Pending): bigint {
    const target = bare(node.left);
    if (target.type === 'Identifier') {
      const dead = after & ~this.variables.written(target);
      if (node.operator === '=') return this.before(node.right, dead, held);
      const old = this.variables.written(target);
      if (isLogical(node)) return after | old | this.before(node.right, dead, held);
      const waits = this.isYielding(node.right) ? both(held, this.pending.value(target, [node.right])) : held;
      return old | this.before(node.right, dead, waits);
    }
    if (target.type !== 'MemberExpression') {
      const taken = this.beforeTarget(target, after);
      return this.before(node.right, taken, held);
    }
    const place = [this.part(target.object), ...(target.computed ? [this.part(target.property)] : [])];
    const old = (): Pending => hidden('the old value of a member is pending');
    if (node.operator !== '=' && !isLogical(node)) place.push({ node: NO_CODE, pending: old });
    const live = this.parts([...place, this.part(node.right)], after, held);
    // A logical assignment may leave the right side out.
    return isLogical(node) ? this.parts(place, after | live, held) : live;
  }

  private call(node: CallExpression | NewExpression, after: bigint, held: Pending): bigint {
    const callee = node.type === 'NewExpression' ? [this.part(node.callee)] : this.callee(node.callee);
    const parts = [...callee, ...node.arguments.map((argument) => this.part(argument))];
    if (node.type === 'NewExpression' || !this.mayStop(node)) return this.parts(parts, after, held);
    // The arguments are only evaluated if the chain goes on.
    return this.parts(parts, after, held, callee.length);
  }

  /** Does an optional chain end here, between callee and arguments? */
  private mayStop(node: CallExpression): boolean {
    const callee = bare(node.callee);
    return node.optional || (callee.type === 'MemberExpression' && callee.optional);
  }

  /** The parts of a callee: a method's object and key. */
  private callee(node: AnyNode): Part[] {
    const callee = bare(node);
    if (callee.type !== 'MemberExpression') return [this.part(node)];
    const { object } = callee;
    const method: Part = { node: object, pending: (later) => this.pending.method(object, later) };
    if (!callee.computed) return [method];
    const key: Part = {
      node: callee.property,
      pending: () => hidden('a method with a computed name is pending'),
    };
    return [method, key];
  }

  private part(node: AnyNode): Part {
    return { node, pending: (later) => this.pending.value(node, later) };
  }

  private text(node: AnyNode): Part {
    return { node, pending: (later) => this.pending.text(node, later) };
  }

  /**
   * Parts evaluated one after the other; where a later one yields, the values of the earlier ones wait. An optional chain may
   * end after any of the first `calleeParts`.
   */
  private parts(parts: readonly Part[], after: bigint, held: Pending, calleeParts = 0): bigint {
    let live = after;
    for (const [i, { node }] of [...parts.entries()].reverse()) {
      if (i < calleeParts) live |= this.afterChain;
      live = this.before(
        node === NO_CODE ? null : node,
        live,
        this.isYielding(node) ? this.waiting(parts, i, held) : held,
      );
    }
    return live;
  }

  private waiting(parts: readonly Part[], before: number, held: Pending): Pending {
    let waits = held;
    for (const [i, { pending }] of parts.slice(0, before).entries())
      waits = both(waits, pending(parts.slice(i + 1, before + 1).map((part) => part.node)));
    return waits;
  }

  /** What waits while the computed key of a member is evaluated: its object. */
  private around(node: AnyNode & { readonly type: 'MemberExpression' }, held: Pending): Pending {
    if (!node.computed || !this.isYielding(node.property)) return held;
    return both(held, this.pending.value(node.object, [node.property]));
  }

  private isYielding(node: AnyNode): boolean {
    return this.resolution.yielding.has(node);
  }
}

const IN_PATTERN = hidden('a yield inside a destructuring pattern');

/** Stands for a part that is no code of its own: the read that a compound assignment begins with. */
const NO_CODE: AnyNode = { type: 'EmptyStatement', start: 0, end: 0 };

function isLogical(node: AssignmentExpression): boolean {
  return node.operator === '||=' || node.operator === '&&=' || node.operator === '??=';
}
