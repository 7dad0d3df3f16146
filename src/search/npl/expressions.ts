import type { BinaryOperator, Expression } from './program.ts';

/** An expression made into a function of the registers of its thread. */
export type Evaluate = (registers: Int32Array) => number;

type Binary = (a: number, b: number) => number;

const FUNCTIONS: Readonly<Record<BinaryOperator, Binary>> = {
  '+': (a, b) => (a + b) | 0,
  '-': (a, b) => (a - b) | 0,
  '*': Math.imul,
  '/': (a, b) => (a / b) | 0,
  '%': (a, b) => (a % b) | 0,
  '==': (a, b) => Number(a === b),
  '!=': (a, b) => Number(a !== b),
  '<': (a, b) => Number(a < b),
  '<=': (a, b) => Number(a <= b),
  '>': (a, b) => Number(a > b),
  '>=': (a, b) => Number(a >= b),
  '&&': (a, b) => Number(a !== 0 && b !== 0),
  '||': (a, b) => Number(a !== 0 || b !== 0),
  '&': (a, b) => a & b,
  '|': (a, b) => a | b,
  '^': (a, b) => a ^ b,
  '<<': (a, b) => a << b,
  '>>': (a, b) => a >> b,
};

/**
 * Compiles an expression. `register` numbers the registers of the thread. Operators without side effects need no short circuit:
 * both operands of `&&` and `||` are evaluated.
 */
export function compileExpression(expression: Expression, register: (name: string) => number): Evaluate {
  if (typeof expression === 'number') return () => expression;
  if (typeof expression === 'string') {
    const index = register(expression);
    return (registers) => registers[index]!;
  }
  const [operator, first, second] = expression;
  const a = compileExpression(first, register);
  if (second === undefined)
    return operator === '!' ? (registers) => Number(a(registers) === 0) : (registers) => -a(registers) | 0;
  const b = compileExpression(second, register);
  const apply = FUNCTIONS[operator as BinaryOperator];
  return (registers) => apply(a(registers), b(registers));
}
