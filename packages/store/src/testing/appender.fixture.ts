import { readFile } from "node:fs/promises";
import { appendEvents, openStore } from "../index.js";

// A process of its own for the fault tests: opens the store named by its arguments, says so, and with "append" then
// appends events for ever, naming each acknowledged batch on its output. A snapshot saves making a new folder from nothing.
const [where, value, mode, snapshot] = process.argv.slice(2);
try {
  const store = await openStore({
    [where === "url" ? "databaseUrl" : "folder"]: value,
    clock: Date.now,
    ...(snapshot !== undefined && { snapshot: new Blob([await readFile(snapshot)]) }),
  });
  process.stdout.write("open\n");
  if (mode === "append") {
    for (let batch = 0; ; batch++) {
      const events = Array.from({ length: 5 }, (_, i) => ({
        eventId: `${batch}-${i}`,
        userId: `u${i}`,
        itemId: `i${batch % 7}`,
        time: 1.7e12 + batch,
      }));
      await appendEvents(store, events);
      process.stdout.write(`ack ${batch}\n`);
    }
  }
  await store.close();
} catch (error) {
  process.stdout.write(`failed ${(error as { code?: string }).code}: ${(error as Error).message}\n`);
}
