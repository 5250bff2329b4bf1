// Servers on loopback for bench/egress.mjs, as a process of their own: a source, a sink, an echo, and one that holds
// what it got until it is told to give it back. Tells its parent the ports; is told `{ source: BYTES }` and `release`.
import { createServer } from "node:net";

const PIECE = Buffer.alloc(256 * 1024, 7);
let bytes = 0;
const held = [];

async function listen(serve) {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    serve(socket);
  });
  await new Promise((resolve) => server.listen({ host: "127.0.0.1", port: 0, backlog: 4096 }, resolve));
  return server.address().port;
}

function source(socket) {
  let left = bytes;
  const more = () => {
    while (left > 0) {
      const size = Math.min(left, PIECE.length);
      left -= size;
      if (!socket.write(PIECE.subarray(0, size))) return;
    }
    socket.end();
  };
  socket.resume().on("drain", more);
  more();
}

process.on("message", (message) => {
  if (message === "release") for (const [socket, data] of held.splice(0)) socket.end(data);
  else bytes = message.source;
});
process.on("disconnect", () => process.exit());

process.send({
  ports: {
    source: await listen(source),
    sink: await listen((socket) => socket.resume().on("end", () => socket.end())),
    echo: await listen((socket) => socket.pipe(socket)),
    hold: await listen((socket) =>
      socket
        .once("data", (data) => process.send({ held: held.push([socket, data]) }))
        .once("end", () => socket.end()),
    ),
  },
});
