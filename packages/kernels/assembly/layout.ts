// Where the fixed parts of the shared memory live. The first page belongs to the pool, and the compiler is told to put
// its static data (tables of Math.log, function objects) at or after STATIC_DATA (`--memoryBase` in build-wasm.mjs):
// static data over the control block once stopped every helper without a sound.

/** Most threads an engine may have, the calling one included. */
export const MAX_THREADS: i32 = 32;

/** Packed u64: generation of the job (32 bits), number of chunks (16), next chunk to take (16). */
export const TICKET: usize = 128;
/** i32, one more per job; idle helpers sleep on it. */
export const GENERATION: usize = 192;
/** i32, chunks of the present job that are finished. */
export const DONE: usize = 256;
/** i32, helpers asleep on GENERATION. */
export const SLEEPERS: usize = 320;
/** i32, 1 while the calling thread sleeps on DONE. */
export const CALLER_WAITS: usize = 384;
/** i32, chunks of the present job that a crashed helper took with it. */
export const LOST: usize = 448;
/** i32, 1 once the engine closes. */
export const STOP: usize = 512;
/** i32, the table index of the present job's chunk function. */
export const BODY: usize = 576;
/** 32 bytes of zeros, never written: the start value of a tile. */
export const ZEROS: usize = 640;
/** Arguments of the present job, 960 bytes. */
export const ARGS: usize = 1024;

/** Scratch of one thread: a packed tile of A, an edge tile, small row buffers. */
export const THREAD_SCRATCH: usize = 65536;
export const THREAD_SCRATCH_BYTES: usize = 16384;

/** First byte the compiler may use: THREAD_SCRATCH + MAX_THREADS * THREAD_SCRATCH_BYTES, rounded up. */
export const STATIC_DATA: usize = 1048576;
