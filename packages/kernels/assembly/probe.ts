// Jobs that exist to examine the pool: who takes chunks, and what the caller sees when a helper crashes or never returns.
import { ARGS } from "./layout";
import { parallel, threadId } from "./pool";

@unmanaged
class ProbeArgs {
  out: usize;
  flag: usize;
  work: i32;
}

/** Writes the id of the thread that ran each chunk; a chunk spins for `work` turns. */
export function probeThreads(out: usize, chunks: i32, work: i32): void {
  const args = changetype<ProbeArgs>(ARGS);
  args.out = out;
  args.work = work;
  parallel(threadChunk.index, chunks);
}

function threadChunk(chunk: i32): void {
  const args = changetype<ProbeArgs>(ARGS);
  const at = args.out + ((<usize>chunk) << 2);
  for (let turn = 0; turn < args.work; turn++) atomic.store<i32>(at, turn);
  atomic.store<i32>(at, threadId());
}

/** The first chunk a helper takes traps (mode 1) or sleeps until `flag` changes (mode 2); the caller waits for that. */
export function probeFault(flag: usize, mode: i32): void {
  const args = changetype<ProbeArgs>(ARGS);
  args.flag = flag;
  args.work = mode;
  parallel(faultChunk.index, 2);
}

function faultChunk(chunk: i32): void {
  const args = changetype<ProbeArgs>(ARGS);
  const flag = args.flag;
  if (threadId() == 0) {
    while (atomic.load<i32>(flag) == 0) {}
    return;
  }
  atomic.store<i32>(flag, 1);
  if (args.work == 1) unreachable();
  atomic.wait<i32>(flag, 1, -1);
}
