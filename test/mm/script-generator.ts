/** Random scripts that make sense: processes that live, pages that are mapped, pins that are held (fast-check). */
import * as fc from 'fast-check';
import type { OperationName, Script, ScriptOperation } from '../../src/mm/script/grammar.ts';

const PAGES = [0, 1, 2];
const SLOTS = [0, 7];

/** What the generator must know of a script so far to go on with it. */
class Course {
  readonly operations: ScriptOperation[] = [];
  readonly alive = new Set([0]);
  readonly mapped = new Set<string>();
  /** Key of each reference held: `v0`, `u1`, `d2`. */
  readonly pins = new Set<string>();
  private nextPin = 0;
  private nextValue = 1;

  add(name: OperationName, ...numbers: number[]): void {
    const words = numbers.map((number, i) =>
      name === 'prot' && i === 2 ? ['r', 'rw'][number]! : String(number),
    );
    this.operations.push({ name, numbers, text: [name, ...words].join(' ') });
  }

  value(): number {
    this.nextValue = (this.nextValue % 250) + 1;
    return this.nextValue;
  }

  pin(kind: string): number {
    const number = this.nextPin++;
    this.pins.add(`${kind}${number}`);
    return number;
  }
}

/** Names with their weights; each picks its own arguments among what there is. */
const WEIGHTS: readonly (readonly [number, OperationName])[] = [
  [12, 'w'],
  [10, 'r'],
  [5, 'pageout'],
  [4, 'reclaim'],
  [4, 'fork'],
  [3, 'mmap'],
  [2, 'munmap'],
  [2, 'exit'],
  [2, 'dontneed'],
  [2, 'lazyfree'],
  [2, 'popr'],
  [2, 'popw'],
  [3, 'prot'],
  [2, 'swapcycle'],
  [2, 'vpin'],
  [2, 'vread'],
  [2, 'vdrop'],
  [2, 'upin'],
  [2, 'uread'],
  [2, 'uwrite'],
  [2, 'udrop'],
  [2, 'dior'],
  [2, 'diow'],
  [3, 'dmar'],
  [2, 'dmaw'],
  [4, 'dmaend'],
  [2, 'wp'],
  [2, 'unwp'],
  [3, 'merge'],
  [1, 'unmerge'],
  [3, 'ksm'],
  [1, 'cold'],
  [1, 'hold'],
];

const NAMES = WEIGHTS.flatMap(([weight, name]) => Array.from({ length: weight }, () => name));

function extend(course: Course, name: OperationName, pick: (n: number) => number): void {
  const one = <T>(list: readonly T[]): T => list[pick(list.length)]!;
  const processes = [...course.alive];
  if (processes.length === 0) return;
  const pages = [...course.mapped];
  const pinsOf = (kind: string): number[] =>
    [...course.pins].filter((key) => key.startsWith(kind)).map((key) => Number(key.slice(1)));
  switch (name) {
    case 'mmap': {
      const [p, g] = [one(processes), one(PAGES)];
      if (course.mapped.has(`${p}.${g}`)) return;
      course.mapped.add(`${p}.${g}`);
      return course.add('mmap', p, g);
    }
    case 'fork': {
      const free = [0, 1, 2].filter((p) => !course.alive.has(p));
      if (free.length === 0) return;
      const [p, c] = [one(processes), one(free)];
      course.alive.add(c);
      for (const key of pages) if (key.startsWith(`${p}.`)) course.mapped.add(`${c}${key.slice(1)}`);
      return course.add('fork', p, c);
    }
    case 'exit': {
      if (processes.length === 1) return;
      const p = one(processes);
      course.alive.delete(p);
      for (const key of pages) if (key.startsWith(`${p}.`)) course.mapped.delete(key);
      return course.add('exit', p);
    }
    case 'reclaim':
    case 'swapcycle':
    case 'ksm':
      return course.add(name);
    case 'hold':
      return course.add('hold', pick(2));
    case 'vread':
    case 'uread':
    case 'uwrite':
    case 'vdrop':
    case 'udrop':
    case 'dmaend': {
      const kind = name[0]!;
      const pins = pinsOf(kind);
      if (pins.length === 0) return;
      const pin = one(pins);
      if (name === 'vread' || name === 'uread') return course.add(name, pin, one(SLOTS));
      if (name === 'uwrite') return course.add(name, pin, one(SLOTS), course.value());
      course.pins.delete(`${kind}${pin}`);
      return name === 'dmaend' ? course.add(name, pin, course.value()) : course.add(name, pin);
    }
    default:
  }
  if (pages.length === 0) return;
  const [p = 0, g = 0] = one(pages).split('.').map(Number);
  switch (name) {
    case 'munmap':
      course.mapped.delete(`${p}.${g}`);
      return course.add(name, p, g);
    case 'w':
      return course.add(name, p, g, one(SLOTS), pick(3) === 0 ? 5 : course.value());
    case 'r':
    case 'diow':
      return course.add(name, p, g, one(SLOTS));
    case 'dior':
      return course.add(name, p, g, one(SLOTS), course.value());
    case 'prot':
      return course.add(name, p, g, pick(2));
    case 'vpin':
    case 'upin':
      return course.pins.size > 5 ? undefined : course.add(name, course.pin(name[0]!), p, g);
    case 'dmar':
    case 'dmaw':
      return course.pins.size > 5 ? undefined : course.add(name, course.pin('d'), p, g, one(SLOTS));
    default:
      return course.add(name, p, g);
  }
}

/** Scripts of up to `length` operations. */
export function scripts(length: number): fc.Arbitrary<Script> {
  // Without bias: fast-check would rather pick the first page of the first process again and again.
  const choice = fc.noBias(
    fc.tuple(fc.nat(NAMES.length - 1), fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 })),
  );
  return fc.array(choice, { minLength: 5, maxLength: length, size: 'max' }).map((choices) => {
    const course = new Course();
    course.mapped.add('0.0');
    course.add('mmap', 0, 0);
    course.add('w', 0, 0, 0, 5);
    for (const [name, numbers] of choices) {
      let next = 0;
      extend(course, NAMES[name]!, (n) => numbers[next++ % numbers.length]! % n);
    }
    return { name: 'random', operations: course.operations };
  });
}
