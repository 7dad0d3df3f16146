/** What a thread is about to do, as the integer tables spell it. */
export const ENDED = 0;
/** An assumption failed: the thread stops for ever. */
export const STOPPED = 1;
/** Waits to be spawned. */
export const UNSTARTED = 2;
export const LOAD = 3;
export const STORE = 4;
export const FETCH_ADD = 5;
export const EXCHANGE = 6;
export const COMPARE_EXCHANGE = 7;
export const LOCK = 8;
export const UNLOCK = 9;
export const TRYLOCK = 10;
export const AWAIT = 11;
export const FENCE = 12;
export const SPAWN = 13;
export const JOIN = 14;

/** Kinds from here on are events. */
export const FIRST_EVENT = LOAD;
