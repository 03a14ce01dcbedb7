import { NONE, type AttributeColumns, type IdTable } from "@sequitur/core";
import { AttributeBuilder } from "./attributes.js";
import type { BadRows } from "./bad-rows.js";
import { columnIndex } from "./columns.js";
import type { IdForm } from "./ids.js";
import type { MappedOptions } from "./mapping.js";
import type { ImportRun } from "./source-folder.js";
import { readTable } from "./table.js";
import { TableJoin } from "./table-join.js";
import type { TableWish } from "./table-wish.js";

/** The attributes of the users that have events; users of the table without any are left out. */
export async function readUserTable(
  table: NonNullable<MappedOptions["users"]>,
  users: IdTable,
  { ids, badRows, notes }: { readonly ids: IdForm; readonly badRows: BadRows; readonly notes: Set<string> },
  run: ImportRun,
): Promise<AttributeColumns | undefined> {
  const { file, mapping } = table;
  const attributes = new AttributeBuilder();
  const join = new TableJoin(file, users, "users", ids);
  const columns = new Set([mapping.user, ...mapping.attributes]);
  const wish: TableWish = { columns, badRows, note: (text) => notes.add(text) };
  await readTable(file, table, wish, run, (names) => {
    const id = columnIndex(file, names, mapping.user);
    const fields = mapping.attributes.map((name) => [name, columnIndex(file, names, name)] as const);
    return (row) => {
      const user = join.find(row, id);
      if (user === NONE) return;
      for (const [name, field] of fields) attributes.set(name, user, row.text(field), table.decimal);
    };
  });
  for (const note of join.notes()) notes.add(note);
  return attributes.finish(users.size);
}
