/**
 * Structural backward live-variable analysis of one generator: which variables its future depends on at each yield. Structural
 * means that it follows the syntax instead of a control-flow graph; loops are iterated to a fixpoint.
 *
 * Every doubt is resolved towards more live variables, or towards a yield that cannot be folded.
 */
import type {
  AnyNode,
  ForInStatement,
  ForOfStatement,
  Statement,
  SwitchStatement,
  YieldExpression,
} from 'acorn';
import { walk } from './ast.ts';
import type { FunctionNode } from './ast.ts';
import { Expressions } from './expressions.ts';
import { flawsOf } from './flaws.ts';
import type { Finding } from './flaws.ts';
import { hidden } from './pending.ts';
import type { Resolution } from './scopes.ts';
import type { LiveName } from './variables.ts';

/** What is to be recorded at one yield. */
export interface YieldFacts {
  readonly node: YieldExpression;
  /** The variables to record (`this` among them if the generator uses it), or null if state is hidden there. */
  readonly live: readonly LiveName[] | null;
}

/** The result of {@link liveness}. */
export interface Liveness {
  /** One for each yield of the generator itself, in source order. */
  readonly yields: readonly YieldFacts[];
  /** Why some of them cannot be folded. */
  readonly findings: readonly Finding[];
}

/**
 * Analyses one generator function of a resolved module. Cost: linear in its size, times the depth of its loops; the analysis
 * itself is independent of the rest of the module.
 */
export function liveness(fn: FunctionNode, resolution: Resolution): Liveness {
  const expressions = new Expressions(fn, resolution);
  if (fn.body.type === 'BlockStatement') new Statements(expressions).block(fn.body.body, 0n, NO_JUMPS);
  const facts = resolution.factsOf.get(fn);
  const findings = flawsOf(fn, resolution);
  const flawed = findings.length > 0;
  const yields: YieldFacts[] = [];
  for (const node of facts?.yields ?? []) {
    if (node.type !== 'YieldExpression') continue;
    const state = expressions.yields.get(node);
    // A yield that the analysis never came by stands in dead code.
    let reason = state?.hidden ?? null;
    const listing = expressions.variables.list(state?.live ?? 0n, node);
    if ('shadowed' in listing)
      reason ??= `\`${listing.shadowed}\` is live, but another variable has its name here`;
    if (node.delegate && node.argument && isList(node.argument))
      reason ??= 'a list does not tell how far it has been yielded';
    if (reason !== null && !flawed) findings.push({ node, message: reason });
    if (flawed || reason !== null || 'shadowed' in listing) yields.push({ node, live: null });
    else if (facts?.usesThis) yields.push({ node, live: [THIS, ...listing.names] });
    else yields.push({ node, live: listing.names });
  }
  return { yields, findings };
}

const THIS: LiveName = { name: 'this', certain: true };

function isList(node: AnyNode): boolean {
  return node.type === 'ArrayExpression' || node.type === 'Literal' || node.type === 'TemplateLiteral';
}

/** What is live where a `break` or `continue` leads to. */
interface Jumps {
  /** Of the innermost loop (or switch); null outside any. */
  readonly breakTo: bigint;
  readonly continueTo: bigint;
  readonly labels: ReadonlyMap<string, { readonly breakTo: bigint; readonly continueTo: bigint }>;
  /** Labels directly on the statement to come. */
  readonly pendingLabels: readonly string[];
}

const NO_JUMPS: Jumps = { breakTo: 0n, continueTo: 0n, labels: new Map(), pendingLabels: [] };

class Statements {
  private readonly expressions: Expressions;

  constructor(expressions: Expressions) {
    this.expressions = expressions;
  }

  block(statements: readonly AnyNode[], after: bigint, jumps: Jumps): bigint {
    return statements.reduceRight((live, statement) => this.before(statement, live, jumps), after);
  }

  private before(node: AnyNode, after: bigint, jumps: Jumps): bigint {
    const { expressions } = this;
    switch (node.type) {
      case 'BlockStatement':
        return this.block(node.body, after, unlabelled(jumps));
      case 'VariableDeclaration':
        return node.declarations.reduceRight((live, { id, init }) => {
          // `var x;` leaves x as it is.
          if (!init && node.kind === 'var') return live;
          return expressions.before(init, expressions.beforeTarget(id, live));
        }, after);
      case 'ExpressionStatement':
        return expressions.before(node.expression, after);
      case 'IfStatement': {
        const branch = unlabelled(jumps);
        const otherwise = node.alternate ? this.before(node.alternate, after, branch) : after;
        return expressions.before(node.test, this.before(node.consequent, after, branch) | otherwise);
      }
      case 'ReturnStatement':
      case 'ThrowStatement':
        return expressions.before(node.argument, 0n);
      case 'LabeledStatement': {
        const { name } = node.label;
        const labels = new Map(jumps.labels).set(name, { breakTo: after, continueTo: 0n });
        return this.before(node.body, after, {
          ...jumps,
          labels,
          pendingLabels: [...jumps.pendingLabels, name],
        });
      }
      case 'BreakStatement':
        return node.label ? (jumps.labels.get(node.label.name)?.breakTo ?? 0n) : jumps.breakTo;
      case 'ContinueStatement':
        return node.label ? (jumps.labels.get(node.label.name)?.continueTo ?? 0n) : jumps.continueTo;
      case 'ForStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        return this.loop(node, after, jumps);
      case 'SwitchStatement':
        return this.choice(node, after, jumps);
      case 'ForOfStatement':
      case 'ForInStatement':
        return this.iteration(node, after, jumps);
      case 'TryStatement':
        return this.unknown(node, after, jumps, 'a yield inside `try`');
      case 'FunctionDeclaration':
      case 'EmptyStatement':
      case 'DebuggerStatement':
        return after;
      case 'ClassDeclaration':
        return this.unknown(node, after, jumps, 'a yield inside a class');
      default:
        return this.unknown(node, after, jumps, 'a yield in a statement the pass does not know');
    }
  }

  private loop(
    node: Statement & { readonly type: 'ForStatement' | 'WhileStatement' | 'DoWhileStatement' },
    after: bigint,
    jumps: Jumps,
  ): bigint {
    const { expressions } = this;
    // `head` is what is live at the start of a turn; it only grows from one round to the next.
    let head = 0n;
    for (;;) {
      let next: bigint;
      if (node.type === 'DoWhileStatement') {
        const test = expressions.before(node.test, head | after);
        next = this.before(node.body, test, inLoop(jumps, after, test));
      } else {
        const update = node.type === 'ForStatement' ? expressions.before(node.update, head) : head;
        const body = this.before(node.body, update, inLoop(jumps, after, update));
        next = node.test ? expressions.before(node.test, body | after) : body;
      }
      if ((head | next) === head) break;
      head |= next;
    }
    if (node.type !== 'ForStatement' || !node.init) return head;
    return node.init.type === 'VariableDeclaration'
      ? this.before(node.init, head, NO_JUMPS)
      : expressions.before(node.init, head);
  }

  private choice(node: SwitchStatement, after: bigint, jumps: Jumps): bigint {
    const { expressions } = this;
    const inside: Jumps = { ...unlabelled(jumps), breakTo: after };
    const bodies: bigint[] = [];
    let falls = after;
    for (const { consequent } of node.cases.toReversed())
      bodies.unshift((falls = this.block(consequent, falls, inside)));
    // The tests are tried in order; what matches none goes to the default, wherever that stands.
    const otherwise = node.cases.findIndex((clause) => !clause.test);
    let live = bodies[otherwise] ?? after;
    for (const [i, { test }] of [...node.cases.entries()].reverse())
      if (test) live = expressions.before(test, live | (bodies[i] ?? 0n), IN_CASE);
    return expressions.before(node.discriminant, live);
  }

  /** The iterator is hidden while the body runs; what is iterated over is not yet an iterator while it is evaluated. */
  private iteration(node: ForOfStatement | ForInStatement, after: bigint, jumps: Jumps): bigint {
    const kind = node.type === 'ForOfStatement' ? 'of' : 'in';
    const turns = this.unknown(node.body, after, jumps, `a yield inside \`for … ${kind}\``);
    const live = this.expressions.unknown(node.left, turns, `a yield in the head of \`for … ${kind}\``);
    return this.expressions.before(node.right, live);
  }

  /** A statement whose inner flow is not followed. It may be left by any jump it contains. */
  private unknown(node: AnyNode, after: bigint, jumps: Jumps, reason: string): bigint {
    let live = after;
    walk(node, ({ type }) => {
      if (type === 'BreakStatement' || type === 'ContinueStatement') {
        live |= jumps.breakTo | jumps.continueTo;
        for (const { breakTo, continueTo } of jumps.labels.values()) live |= breakTo | continueTo;
      }
      return true;
    });
    return this.expressions.unknown(node, live, reason);
  }
}

const IN_CASE = hidden('the value of a `switch` is pending');

function unlabelled(jumps: Jumps): Jumps {
  return jumps.pendingLabels.length === 0 ? jumps : { ...jumps, pendingLabels: [] };
}

/** The jumps inside a loop: its own, and its labels can be continued as well. */
function inLoop(jumps: Jumps, breakTo: bigint, continueTo: bigint): Jumps {
  const labels = new Map(jumps.labels);
  for (const label of jumps.pendingLabels) labels.set(label, { breakTo, continueTo });
  return { breakTo, continueTo, labels, pendingLabels: [] };
}
