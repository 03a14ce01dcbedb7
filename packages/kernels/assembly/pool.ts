// The thread pool. A job is a chunk function (an index into the function table), its arguments in ARGS, and a number of
// chunks that depends on the shapes only, so that the order of every sum does too. Every thread takes the next chunk by
// a compare-and-swap of TICKET. The ticket carries the job's generation and its number of chunks: a helper that held a
// ticket of an earlier job can neither take a chunk of this one nor misread how many there are. BODY and ARGS are read
// only after a chunk was taken, and the caller replaces them only when DONE says that no chunk is out.
import {
  BODY,
  CALLER_WAITS,
  DONE,
  GENERATION,
  LOST,
  SLEEPERS,
  STOP,
  THREAD_SCRATCH,
  THREAD_SCRATCH_BYTES,
  TICKET,
} from "./layout";

/** Throws in the host: `lost` chunks crashed with their helper, or `stalled` ones never came back in time. */
@external("env", "poolFailed")
declare function poolFailed(lost: i32, stalled: i32): void;

// Globals are per instance, that is per thread.
let self: i32 = 0;
let helpers: i32 = 0;
let spins: i32 = 0;
let stallNs: i64 = -1;
let running: bool = false;

/** Scratch bytes that belong to the running thread alone. */
// @ts-ignore: decorator
@inline
export function threadScratch(): usize {
  return THREAD_SCRATCH + <usize>self * THREAD_SCRATCH_BYTES;
}

/** Which thread runs: 0 is the caller, helpers count from 1. */
// @ts-ignore: decorator
@inline
export function threadId(): i32 {
  return self;
}

/** Threads that may run chunks, so that a host can hold scratch for each. */
export function threadCount(): i32 {
  return helpers + 1;
}

/** Called once by the host on the calling thread. */
export function configurePool(helperCount: i32, spinCount: i32, stallMs: i32): void {
  helpers = helperCount;
  spins = spinCount;
  stallNs = <i64>stallMs * 1000000;
}

/** Runs chunk function `body` for chunks 0 to count-1 and returns when all are done. count <= 65535. */
export function parallel(body: i32, count: i32): void {
  if (running) poolFailed(0, 1); // an earlier job was left by a stall or a trap: its helpers may still be at work
  if (helpers == 0 || count < 2) {
    for (let chunk = 0; chunk < count; chunk++) call_indirect<void>(body, chunk);
    return;
  }
  running = true;
  store<i32>(BODY, body);
  atomic.store<i32>(DONE, 0);
  const generation = atomic.load<i32>(GENERATION) + 1;
  atomic.store<u64>(TICKET, (<u64>(<u32>generation) << 32) | (<u64>count << 16));
  atomic.store<i32>(GENERATION, generation);
  const asleep = atomic.load<i32>(SLEEPERS);
  if (asleep > 0) atomic.notify(GENERATION, min(asleep, count - 1));
  takeChunks();
  join(count);
  running = false;
}

/** Takes chunks until none is left. */
function takeChunks(): void {
  while (true) {
    const ticket = atomic.load<u64>(TICKET);
    const next = <i32>(ticket & 0xffff);
    if (next >= <i32>((ticket >> 16) & 0xffff)) return;
    if (atomic.cmpxchg<u64>(TICKET, ticket, ticket + 1) != ticket) continue;
    call_indirect<void>(load<i32>(BODY), next);
    atomic.add<i32>(DONE, 1);
  }
}

function join(count: i32): void {
  let spin = 0;
  while (true) {
    const done = atomic.load<i32>(DONE);
    const lost = atomic.load<i32>(LOST);
    if (done + lost >= count) {
      if (lost == 0) return;
      atomic.store<i32>(LOST, 0);
      running = false;
      poolFailed(lost, 0);
    }
    if (spin++ < spins) continue;
    atomic.store<i32>(CALLER_WAITS, 1);
    const outcome = atomic.wait<i32>(DONE, done, stallNs);
    atomic.store<i32>(CALLER_WAITS, 0);
    if (outcome == 2 && atomic.load<i32>(DONE) == done && atomic.load<i32>(LOST) == lost) poolFailed(0, 1);
  }
}

/** The life of a helper: returns when the engine closes. */
export function help(id: i32, spinCount: i32): void {
  self = id;
  while (true) {
    const generation = atomic.load<i32>(GENERATION);
    running = true;
    takeAsHelper();
    running = false;
    let spin = 0;
    while (spin < spinCount && atomic.load<i32>(GENERATION) == generation) spin++;
    if (spin == spinCount) {
      atomic.add<i32>(SLEEPERS, 1);
      atomic.wait<i32>(GENERATION, generation, -1);
      atomic.sub<i32>(SLEEPERS, 1);
    }
    if (atomic.load<i32>(STOP) != 0) return;
  }
}

function takeAsHelper(): void {
  while (true) {
    const ticket = atomic.load<u64>(TICKET);
    const next = <i32>(ticket & 0xffff);
    if (next >= <i32>((ticket >> 16) & 0xffff)) return;
    if (atomic.cmpxchg<u64>(TICKET, ticket, ticket + 1) != ticket) continue;
    holding = true;
    call_indirect<void>(load<i32>(BODY), next);
    holding = false;
    atomic.add<i32>(DONE, 1);
    if (atomic.load<i32>(CALLER_WAITS) != 0) atomic.notify(DONE, 1);
  }
}

let holding: bool = false;

/** 1 when this helper left in the middle of a chunk; its host then counts the chunk as lost. */
export function holdsChunk(): i32 {
  return holding ? 1 : 0;
}

/** Wakes every helper so that it leaves. */
export function stopHelpers(): void {
  atomic.store<i32>(STOP, 1);
  atomic.add<i32>(GENERATION, 1);
  atomic.notify(GENERATION, -1);
}

/** Called by the host of a crashed helper: the caller must not wait for its chunk. */
export function reportLost(): void {
  atomic.add<i32>(LOST, 1);
  atomic.notify(DONE, 1);
}

/** Chunks for `rows` rows of `cost` operations each; a function of the shape only. Around 10 us of work a chunk. */
export function chunksFor(rows: i32, cost: i32): i32 {
  const work = <i64>rows * <i64>max(cost, 1);
  const chunks = work / 32768;
  return <i32>max<i64>(1, min<i64>(min<i64>(chunks, <i64>rows), 256));
}

/** First row of chunk `chunk` when `rows` rows are dealt into `chunks` runs of nearly equal length. */
// @ts-ignore: decorator
@inline
export function chunkStart(chunk: i32, chunks: i32, rows: i32): i32 {
  return <i32>((<i64>chunk * <i64>rows) / <i64>chunks);
}
