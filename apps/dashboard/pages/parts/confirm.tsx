import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { useAction } from "../client/use-answer.js";
import { Button, Failure } from "./parts.js";

/** Asks before something is done that others would notice. */
export function Confirm({
  title,
  action,
  act,
  done,
  close,
  children,
}: {
  readonly title: string;
  /** What the button says. */
  readonly action: string;
  readonly act: () => Promise<unknown>;
  readonly done: () => void;
  readonly close: () => void;
  readonly children?: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const { run, isRunning, problem } = useAction(async () => {
    await act();
    done();
    close();
  });
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={close}>
      <div class="stack">
        <h2 id={id}>{title}</h2>
        <div class="stack">{children}</div>
        {problem !== undefined && <Failure problem={problem} />}
        <div class="row">
          <Button kind="primary" disabled={isRunning} onClick={() => run()}>
            {action}
          </Button>
          <Button onClick={close}>Cancel</Button>
        </div>
      </div>
    </dialog>
  );
}
