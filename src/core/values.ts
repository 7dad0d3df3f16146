/**
 * Spelling live values as a string so that equal strings mean values a program cannot tell apart.
 *
 *   value := number ','  |  's' length ':' text  |  'b' digits ','  |  't'  |  'f'  |  'u' undefined  |  'n' null  |  '?' uninitialised
 *          | '@' identity ','  |  '^' index ','                               (by identity; content spelled before in this key)
 *          | '[' length ',' value*  |  ('{' | '<') count ',' (length ':' key value)*    (array; object, '<' without prototype)
 *          | 'M' count ',' (key value)*  |  'S' count ',' value*
 * Every value says where it ends, so no two lists of values have the same spelling.
 */

/** Stands for a variable that is declared but not yet initialised. */
export const UNINITIALISED = Symbol('uninitialised');

const Keyed = { Plain: 0, Bare: 1, Array: 2, Map: 3, Set: 4, Identity: 5, Hidden: 6 } as const;
type KeyedCode = (typeof Keyed)[keyof typeof Keyed];

/** State in internal slots, or shared with other views: neither identity nor own properties tell it. */
const HIDING: readonly object[] = [
  Map.prototype,
  Set.prototype,
  WeakMap.prototype,
  WeakSet.prototype,
  WeakRef.prototype,
  Promise.prototype,
  Date.prototype,
  RegExp.prototype,
  Array.prototype,
  ArrayBuffer.prototype,
  SharedArrayBuffer.prototype,
  DataView.prototype,
  Object.getPrototypeOf(Int32Array.prototype) as object,
  Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object,
];

const byPrototype = new WeakMap<object, KeyedCode>([
  [Object.prototype, Keyed.Plain],
  [Array.prototype, Keyed.Array],
  [Map.prototype, Keyed.Map],
  [Set.prototype, Keyed.Set],
]);

function keyedBy(object: object): KeyedCode {
  const prototype = Object.getPrototypeOf(object) as object | null;
  if (prototype === null) return Keyed.Bare;
  let keyed = byPrototype.get(prototype);
  if (keyed === undefined) {
    const hides = HIDING.some(
      (hiding) => hiding === prototype || Object.prototype.isPrototypeOf.call(hiding, prototype),
    );
    keyed = hides ? Keyed.Hidden : Keyed.Identity;
    byPrototype.set(prototype, keyed);
  }
  return keyed;
}

interface Spelling {
  text: string;
  readonly identity: (object: object) => number;
  /** Index of every object spelled by content so far; null until there is one. */
  seen: Map<object, number> | null;
  /** Those whose content is being spelled: meeting one again means a cycle. */
  open: Set<object> | null;
}

/**
 * Spells frames one after the other (site, number of values, values), or returns null if a value has no spelling. Objects that
 * occur twice, also in two frames, are spelled as such: writing to one of them shows in the other.
 */
export function encodeValues(
  frames: readonly { readonly site: number; readonly values: readonly unknown[] | null }[],
  identity: (object: object) => number,
): string | null {
  const spelling: Spelling = { text: '', identity, seen: null, open: null };
  for (const { site, values } of frames) {
    if (values === null) return null;
    spelling.text += `${site}(${values.length},`;
    for (const value of values) if (!spell(value, spelling)) return null;
  }
  return spelling.text;
}

function spell(value: unknown, spelling: Spelling): boolean {
  switch (typeof value) {
    case 'number':
      spelling.text += Object.is(value, -0) ? '-0,' : `${value},`;
      return true;
    case 'string':
      spelling.text += `s${value.length}:${value}`;
      return true;
    case 'boolean':
      spelling.text += value ? 't' : 'f';
      return true;
    case 'undefined':
      spelling.text += 'u';
      return true;
    case 'bigint':
      spelling.text += `b${value},`;
      return true;
    case 'symbol':
      spelling.text += '?';
      return value === UNINITIALISED;
    case 'function':
      return spellIdentity(value, spelling);
    default:
      if (value !== null) return spellObject(value as object, spelling);
      spelling.text += 'n';
      return true;
  }
}

function spellIdentity(object: object, spelling: Spelling): boolean {
  const id = spelling.identity(object);
  spelling.text += `@${id},`;
  return id >= 0;
}

function spellObject(object: object, spelling: Spelling): boolean {
  const keyed = keyedBy(object);
  if (keyed === Keyed.Hidden) return false;
  if (keyed === Keyed.Identity) return spellIdentity(object, spelling);
  const seen = (spelling.seen ??= new Map<object, number>());
  const open = (spelling.open ??= new Set<object>());
  const index = seen.get(object);
  if (index !== undefined) {
    spelling.text += `^${index},`;
    return !open.has(object);
  }
  seen.set(object, seen.size);
  open.add(object);
  const told = spellContent(object, keyed, spelling);
  open.delete(object);
  return told;
}

function spellContent(object: object, keyed: KeyedCode, spelling: Spelling): boolean {
  switch (keyed) {
    case Keyed.Array:
      return spellArray(object as readonly unknown[], spelling);
    case Keyed.Map: {
      const map = object as ReadonlyMap<unknown, unknown>;
      if (Reflect.ownKeys(map).length > 0) return false;
      spelling.text += `M${map.size},`;
      for (const [key, value] of map) if (!spell(key, spelling) || !spell(value, spelling)) return false;
      return true;
    }
    case Keyed.Set: {
      const set = object as ReadonlySet<unknown>;
      if (Reflect.ownKeys(set).length > 0) return false;
      spelling.text += `S${set.size},`;
      for (const value of set) if (!spell(value, spelling)) return false;
      return true;
    }
    default:
      return spellProperties(object, keyed === Keyed.Bare ? '<' : '{', spelling);
  }
}

function spellArray(array: readonly unknown[], spelling: Spelling): boolean {
  // The length is a property of its own; holes and extra properties make the count differ or show as a missing index.
  if (Reflect.ownKeys(array).length !== array.length + 1) return false;
  spelling.text += `[${array.length},`;
  for (let i = 0; i < array.length; i++) {
    const value = array[i];
    if (value === undefined && !(i in array)) return false;
    if (!spell(value, spelling)) return false;
  }
  return true;
}

/** In order of insertion, not sorted: a program can see the order. */
function spellProperties(object: object, open: string, spelling: Spelling): boolean {
  const keys = Reflect.ownKeys(object);
  spelling.text += `${open}${keys.length},`;
  for (const key of keys) {
    // A descriptor, not a read: a getter would run the program's code, and hides state besides.
    const property = Object.getOwnPropertyDescriptor(object, key);
    if (typeof key !== 'string' || property?.enumerable !== true || !('value' in property)) return false;
    spelling.text += `${key.length}:${key}`;
    if (!spell(property.value, spelling)) return false;
  }
  return true;
}
