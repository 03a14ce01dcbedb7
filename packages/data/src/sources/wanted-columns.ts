import type { ColumnMapping, ItemMapping } from "./mapping.js";
import { wantedTimeColumns } from "./times/instant-column.js";

/** The columns that a mapping reads. */
export function wantedColumns(mapping: ColumnMapping | ItemMapping): Set<string> {
  const {
    time: _time,
    order: _order,
    timeUnit: _unit,
    timeFormat: _format,
    timeZone: _zone,
    categorySeparator: _separator,
    signals: _signals,
    ...rest
  } = mapping as ColumnMapping;
  const { text, attributes = [], ...names } = rest as typeof rest & Partial<Pick<ItemMapping, "attributes">>;
  const times = wantedTimeColumns(mapping as ColumnMapping);
  return new Set([...Object.values(names), ...times, ...text, ...attributes].filter((name) => name !== undefined));
}
