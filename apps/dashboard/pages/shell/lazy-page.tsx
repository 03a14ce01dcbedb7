import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Loading, Notice } from "../parts/parts.js";

/** A page whose code is loaded when it is first shown. */
export function lazyPage(load: () => Promise<FunctionComponent>): FunctionComponent {
  let loaded: FunctionComponent | undefined;
  return function LazyPage() {
    const [Shown, setShown] = useState<FunctionComponent | "failed" | undefined>(() => loaded);
    useEffect(() => {
      if (loaded !== undefined) return;
      load().then(
        (page) => {
          loaded = page;
          setShown(() => page);
        },
        () => setShown("failed"),
      );
    }, []);
    if (Shown === undefined) return <Loading />;
    if (Shown === "failed") return <Notice mood="bad">This page could not be loaded. Reload to try again.</Notice>;
    return <Shown />;
  };
}
