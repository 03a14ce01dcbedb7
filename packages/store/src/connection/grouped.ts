/**
 * Turns many small writes into few large ones without waiting for a timer: while `limit` batches are under way, calls
 * queue up; the next batch takes all that came meanwhile, up to `maxRows`. Each call resolves with its own results once
 * its batch is done; when a batch fails, its calls are tried one by one. `write` gives one result a row, in order.
 */
export function grouped<Row, Result>(
  write: (rows: readonly Row[]) => Promise<readonly Result[]>,
  options: { readonly limit?: number; readonly maxRows?: number } = {},
): (rows: readonly Row[]) => Promise<Result[]> {
  const { limit = 1, maxRows = 5_000 } = options;
  interface Call {
    readonly rows: readonly Row[];
    readonly resolve: (results: Result[]) => void;
    readonly reject: (error: unknown) => void;
  }
  const queue: Call[] = [];
  let running = 0;

  const flush = async (calls: readonly Call[]): Promise<void> => {
    try {
      const results = await write(calls.flatMap((call) => call.rows));
      let from = 0;
      for (const call of calls) {
        call.resolve(results.slice(from, from + call.rows.length));
        from += call.rows.length;
      }
    } catch (error) {
      // One bad call must not fail those that came along with it.
      if (calls.length > 1) for (const call of calls) await flush([call]);
      else calls[0]!.reject(error);
    }
  };
  const next = (): void => {
    while (running < limit && queue.length > 0) {
      const calls: Call[] = [];
      let rows = 0;
      while (queue.length > 0 && (calls.length === 0 || rows + queue[0]!.rows.length <= maxRows)) {
        const call = queue.shift()!;
        calls.push(call);
        rows += call.rows.length;
      }
      running += 1;
      void flush(calls).finally(() => {
        running -= 1;
        next();
      });
    }
  };
  return (rows) =>
    new Promise<Result[]>((resolve, reject) => {
      queue.push({ rows, resolve, reject });
      // One turn of the loop later, so that what arrives together goes together.
      setImmediate(next);
    });
}
