import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

const LISTEN = `
const server = require("net").createServer();
server.listen({ host: process.argv[1], port: Number(process.argv[2]), backlog: 1 }, () => {
  process.stdout.write(String(server.address().port), () => process.kill(process.pid, "SIGSTOP"));
});
`;

/** An address where nobody refuses and nobody answers: its queue of connections is full, so more are dropped unanswered. */
export interface DeafServer {
  readonly port: number;
  readonly stop: () => void;
}

export async function deafServer(host: string, port = 0): Promise<DeafServer> {
  const program = spawn(process.execPath, ["-e", LISTEN, host, String(port)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = (await once(program.stdout, "data")) as [Buffer];
  const at = Number(said.toString());
  const waiting: Socket[] = [];
  for (let isFull = false; !isFull;) {
    const socket = connect(at, host).on("error", () => undefined);
    waiting.push(socket);
    // On loopback a connection that is taken is taken at once
    isFull = await Promise.race([
      once(socket, "connect").then(() => false),
      new Promise<boolean>((resolve) => setTimeout(resolve, 300, true)),
    ]);
  }
  return {
    port: at,
    stop: () => {
      for (const socket of waiting) socket.destroy();
      program.kill("SIGKILL");
    },
  };
}
