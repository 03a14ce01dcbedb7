import { counted, decimal, moment } from "../parts/numbers.js";
import { Badge, Table } from "../parts/parts.js";

interface Measure {
  readonly mean: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

interface Row {
  readonly role: string;
  readonly model: string;
  readonly versionId: number | null;
  readonly measures: Readonly<Record<string, Measure>>;
  readonly lead: (Measure & { readonly pValue: number }) | null;
}

interface Validation {
  readonly questions: number;
  readonly users: number;
  readonly testFrom: string;
  readonly rows: readonly Row[];
  readonly worseThan: readonly string[];
}

/** A version beside the active one and popularity, on questions that no fit had seen. */
export function ValidationTable({ validation }: { readonly validation: unknown }) {
  const { questions, users, testFrom, rows, worseThan } = validation as Validation;
  const metrics = Object.keys(rows[0]?.measures ?? {});
  return (
    <div class="stack">
      <p class="soft">
        {counted(questions, "question")} of {counted(users, "user")} from {moment(testFrom)} on; 95 % intervals.
      </p>
      <Table label="Held-out questions" head={["Model", ...metrics, "This version leads by"]}>
        {rows.map((row) => (
          <tr key={row.role}>
            <td>
              {row.model} <span class="soft">{row.role}</span>{" "}
              {worseThan.includes(row.role) && <Badge mood="bad">better than this version</Badge>}
            </td>
            {metrics.map((metric) => (
              <td key={metric}>{within(row.measures[metric])}</td>
            ))}
            <td>{row.lead === null ? "" : `${within(row.lead)}, p ${decimal(row.lead.pValue)}`}</td>
          </tr>
        ))}
      </Table>
    </div>
  );
}

function within(measure: Measure | undefined): string {
  if (measure?.mean == null) return "–";
  const { mean, low, high } = measure;
  return low === null || high === null ? decimal(mean) : `${decimal(mean)} (${decimal(low)} to ${decimal(high)})`;
}
