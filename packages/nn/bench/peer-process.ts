import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";

/** A child that answers each JSON line with a JSON line. */
export interface Peer {
  ask(request: unknown): Promise<Record<string, unknown>>;
  close(): void;
}

export function startPeer(command: string, args: readonly string[], environment: NodeJS.ProcessEnv): Peer {
  const child: ChildProcess = spawn(command, args, {
    env: environment,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    async ask(request) {
      child.stdin!.write(`${JSON.stringify(request)}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${command} ended without an answer to ${JSON.stringify(request)}`);
      return JSON.parse(value) as Record<string, unknown>;
    },
    close: () => void child.stdin!.end(),
  };
}
