import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { ApiProblem } from "./client.js";

/** What a page knows of an answer that it asked for. */
export interface Asked<T> {
  /** The newest answer; it stays while a newer one is on its way. */
  readonly value: T | undefined;
  readonly problem: ApiProblem | undefined;
  readonly isLoading: boolean;
  /** Asks again. */
  readonly reload: () => void;
}

/** Asks when the page appears and whenever `key` changes; what an older key was answered is dropped. */
export function useAnswer<T>(key: string, ask: () => Promise<T>, everyMs?: number): Asked<T> {
  const [state, setState] = useState<Omit<Asked<T>, "reload">>({
    value: undefined,
    problem: undefined,
    isLoading: true,
  });
  const asked = useRef(0);
  const current = useRef(ask);
  current.current = ask;
  const reload = useCallback(() => {
    const turn = ++asked.current;
    setState(({ value }) => ({ value, problem: undefined, isLoading: true }));
    void settle(current.current()).then((settled) => {
      if (turn !== asked.current) return;
      setState((before) => ({ value: before.value, ...settled, isLoading: false }));
    });
  }, []);
  useEffect(() => {
    reload();
    const timer = everyMs === undefined ? undefined : setInterval(() => !document.hidden && reload(), everyMs);
    return () => {
      asked.current++;
      clearInterval(timer);
    };
  }, [key, everyMs, reload]);
  return { ...state, reload };
}

async function settle<T>(answer: Promise<T>): Promise<{ value?: T; problem: ApiProblem | undefined }> {
  try {
    return { value: await answer, problem: undefined };
  } catch (error) {
    return { problem: asProblem(error) };
  }
}

export function asProblem(error: unknown): ApiProblem {
  return error instanceof ApiProblem ? error : new ApiProblem(String(error), 0);
}

/** An action that a person starts: whether it runs, and how it failed. */
export function useAction<Args extends readonly unknown[]>(
  act: (...args: Args) => Promise<unknown>,
): { readonly run: (...args: Args) => void; readonly isRunning: boolean; readonly problem: ApiProblem | undefined } {
  const [state, setState] = useState<{ isRunning: boolean; problem: ApiProblem | undefined }>({
    isRunning: false,
    problem: undefined,
  });
  const run = (...args: Args): void => {
    setState({ isRunning: true, problem: undefined });
    void settle(act(...args)).then(({ problem }) => setState({ isRunning: false, problem }));
  };
  return { run, ...state };
}
