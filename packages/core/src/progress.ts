/** One report of long work; the app decides how it looks. */
export interface Progress {
  /** What is being done, such as "fit sasrec" or "read ratings.dat". */
  readonly task: string;
  /** Units done so far and in all; total is NaN when unknown. */
  readonly done: number;
  readonly total: number;
  /** What a unit is: "rows", "epochs", "queries". */
  readonly unit: string;
  /** Named numbers to show beside it, such as loss or ndcg@10. */
  readonly values?: Readonly<Record<string, number>>;
}

export type Report = (progress: Progress) => void;
