import { useState } from "preact/hooks";
import { useAction } from "../client/use-answer.js";
import { Button, Field, Notice } from "../parts/parts.js";

/** Asks for a key and opens a session with it. */
export function SignIn({ signIn }: { readonly signIn: (key: string) => Promise<void> }) {
  const [key, setKey] = useState("");
  const { run, isRunning, problem } = useAction(() => signIn(key.trim()));
  return (
    <main class="sign-in">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          run();
        }}
      >
        <h1>Sequitur</h1>
        <p class="soft">
          Sign in with a key of this server. It is exchanged for a session and not kept in the browser.
        </p>
        {problem !== undefined && <Notice mood="bad">{problem.message}</Notice>}
        <Field
          label="Key"
          hint={
            <>
              The program prints one: look for the line <code>Dashboard</code> or <code>export KEY=</code>.
            </>
          }
        >
          {(id) => (
            <input
              id={id}
              type="password"
              autocomplete="current-password"
              spellcheck={false}
              required
              value={key}
              onInput={(event) => setKey(event.currentTarget.value)}
            />
          )}
        </Field>
        <Button kind="primary" type="submit" disabled={isRunning}>
          {isRunning ? "Signing in…" : "Sign in"}
        </Button>
      </form>
    </main>
  );
}
