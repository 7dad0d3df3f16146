/**
 * The address spaces as they ought to be on a kernel that keeps every promise (v6.5 and later): for each byte the values a load
 * may return. Only MADV_FREE leaves a choice: the old value or zero.
 */
import type { Step } from '../../src/mm/script/run.ts';
import type { ScriptOperation } from '../../src/mm/script/grammar.ts';

/** The values a byte may have. */
type Byte = ReadonlySet<number>;

const ZERO: Byte = new Set([0]);

/** One page of one process: an object of its own as long as it is mapped, so that a pin knows whether it is still attached. */
interface ShadowPage {
  bytes: Byte[];
  /** Changes when the process gives the page up: references taken before are detached. */
  generation: number;
  writable: boolean;
}

interface ShadowPin {
  readonly page: ShadowPage;
  readonly generation: number;
  readonly slot: number;
}

export class Shadow {
  private readonly pages = new Map<string, ShadowPage>();
  private readonly pins = new Map<string, ShadowPin>();

  /** Takes in one operation with what the model answered; says what is wrong with the answer, null if nothing is. */
  check({ name, numbers }: ScriptOperation, { r, v }: Step): string | null {
    const [a = 0, b = 0, c = 0, d = 0] = numbers;
    const page = this.pages.get(`${a}.${b}`);
    switch (name) {
      case 'mmap':
        this.pages.set(`${a}.${b}`, {
          bytes: Array.from({ length: 8 }, () => ZERO),
          generation: 0,
          writable: true,
        });
        return null;
      case 'munmap':
        return this.giveUp(`${a}.${b}`, true);
      case 'dontneed':
        return this.giveUp(`${a}.${b}`, false);
      case 'exit':
        for (const key of this.pages.keys()) if (key.startsWith(`${a}.`)) this.giveUp(key, true);
        return null;
      case 'fork':
        for (const [key, shadow] of this.pages)
          if (key.startsWith(`${a}.`))
            this.pages.set(`${b}${key.slice(1)}`, { ...shadow, bytes: [...shadow.bytes], generation: 0 });
        return null;
      case 'prot':
        page!.writable = c === 1;
        return null;
      case 'w':
      case 'dior':
        if (!page!.writable) return r === 'EFAULT' ? null : 'a store to a read-only page is not refused';
        page!.bytes[c] = new Set([d]);
        return r === 'ok' ? null : `the store answers ${r}`;
      case 'r':
      case 'diow':
        return may(page!.bytes[c]!, v);
      case 'lazyfree':
        page!.bytes = page!.bytes.map((byte) => new Set([...byte, 0]));
        return null;
      case 'upin':
      case 'dmar':
        if (!this.pages.get(`${b}.${c}`)!.writable)
          return r === 'EFAULT' ? null : 'a write pin of a read-only page';
        return this.pin(`${name[0]}${a}`, `${b}.${c}`, d);
      case 'uread':
        return this.attached(`u${a}`) ? may(this.pins.get(`u${a}`)!.page.bytes[b]!, v) : null;
      case 'uwrite':
        if (this.attached(`u${a}`)) this.pins.get(`u${a}`)!.page.bytes[b] = new Set([c]);
        return null;
      case 'dmaend':
        if (this.attached(`d${a}`)) {
          const { page: pinned, slot } = this.pins.get(`d${a}`)!;
          pinned.bytes[slot] = new Set([b]);
        }
        this.pins.delete(`d${a}`);
        return null;
      case 'udrop':
        this.pins.delete(`u${a}`);
        return null;
      default:
        return null;
    }
  }

  private pin(key: string, at: string, slot: number): null {
    const page = this.pages.get(at)!;
    this.pins.set(key, { page, generation: page.generation, slot });
    return null;
  }

  private attached(key: string): boolean {
    const pin = this.pins.get(key);
    return pin !== undefined && pin.generation === pin.page.generation;
  }

  private giveUp(key: string, unmaps: boolean): null {
    const page = this.pages.get(key)!;
    page.generation++;
    page.bytes = page.bytes.map(() => ZERO);
    if (unmaps) this.pages.delete(key);
    return null;
  }
}

function may(byte: Byte, value: number | undefined): string | null {
  return value !== undefined && byte.has(value)
    ? null
    : `reads ${value}, which ought to be ${[...byte].join(' or ')}`;
}
