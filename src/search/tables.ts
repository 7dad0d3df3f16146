/** int32s of one node in `Automata.nodes`. */
export const NODE = 10;
/** Offsets inside a node: the pending operation. */
export const N_KIND = 0;
export const N_WORD = 1;
export const N_X = 2;
export const N_Y = 3;
export const N_Z = 4;
/** Without a result: the next node or -1. With one: the first edge or -1. */
export const N_NEXT = 5;
/** {@link RIDES}, {@link AT_REST}, {@link HAS_RESULT}. */
export const N_FLAGS = 6;
/** Index into `Automata.heldVectors`. */
export const N_HELD = 7;
/** The node's part of a state's key, see zobrist.ts. */
export const N_LOW = 8;
export const N_HIGH = 9;

/** The operation happens in the same step as the one before it; without effect on a thread's first operation. */
export const RIDES = 1;
/** A daemon that stands here has nothing half done. */
export const AT_REST = 2;
/** The operation has a result: one edge for each value observed so far. */
export const HAS_RESULT = 4;

/** int32s of one edge in `Automata.edges`: observed value, next node, next edge of the same node or -1. */
export const EDGE = 3;
