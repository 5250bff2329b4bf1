import { it } from "vitest";
import { randomBytes } from "node:crypto";
import { connectAgent } from "../../src/channel/index.ts";
import { FakeGuest, socketPair } from "../support/fake-guest.ts";
import { Duplex, duplexPair } from "node:stream";
import * as wire from "../../src/contract/agent/index.ts";

const identity = { realtime: 5n, hostname: "m0123456789ab", machineId: "0".repeat(32), bootId: "0".repeat(36), entropy: randomBytes(64) };
it("tiny exec", async () => {
  const canned = Buffer.concat([wire.READY.encode(0,{version:1,kernel:"6.1"}), wire.OK.encode(1,{}), wire.OK.encode(3,{}),
    wire.DATA.encode(5,{bytes:Buffer.from("hi\n")}), wire.END.encode(7,{}), wire.END.encode(5,{}), wire.EXIT.encode(5,{kind:0,status:0})]);
  const env = Object.fromEntries(Array.from({length: 8},(_, i)=>[`VARIABLE_${i}`, "value"+i]));
  const once_ = async (): Promise<void> => {
    let writes = 0;
    const socket: Duplex = new Duplex({ read() {}, write(_c,_e,cb){ writes++; cb(); setImmediate(()=>socket.push(canned)); } });
    const conn = connectAgent(socket);
    const hello = conn.hello();
    void conn.identify(identity);
    void conn.put({ path: "/work/x", mode: 0o644, owner: "task" }, Buffer.alloc(500, 1));
    const p = conn.exec({ argv: ["sh","-c","echo hi"], env, cwd: "/work", user: "task" });
    p.stdin.end();
    const chunks: Buffer[] = [];
    p.stdout.on("data", (c: Buffer) => chunks.push(c));
    p.stderr.resume();
    await hello;
    const e = await p.exit;
    if (e.kind !== "exited" || chunks.toString() !== "hi\n" ) throw new Error("bad " + chunks.toString());
    if (writes !== 1) throw new Error("writes " + writes);
    conn.destroy(new (await import("../../src/foundation/index.ts")).MayflyError("E_CLOSED", "x"));
  };
  for (const n of [1, 1, 1, 10, 100, 1000, 3000]) {
    const c0 = process.cpuUsage(); const t0 = performance.now();
    for (let i = 0; i < n; i++) await once_();
    const c = process.cpuUsage(c0);
    console.log(n, "cpu us each", ((c.user + c.system) / n).toFixed(0), "wall us", ((performance.now()-t0)*1000/n).toFixed(0));
  }
});
it("throughput", async () => {
  const [near, far] = await socketPair();
  const guest = new FakeGuest(far); 
  const conn = connectAgent(near);
  guest.onMessage = (m) => { if (m.type === "HELLO") guest.ready(); };
  await conn.hello();
  const r = conn.get("/x");
  await guest.saw("GET");
  const SIZE = 512 * 1024 * 1024;
  const frame = wire.DATA.encode(1, { bytes: Buffer.alloc(65536, 7) });
  let credit = 262144; let sent = 0; let wake = () => {};
  guest.onMessage = (m) => { if (m.type === "CREDIT") { credit += m.body.bytes; wake(); } };
  const c0 = process.cpuUsage(); const t0 = performance.now();
  const pump = (async () => {
    while (sent < SIZE) {
      while (credit < 65536) await new Promise<void>(r => { wake = r; });
      credit -= 65536; sent += 65536; far.write(frame);
    }
    guest.send(wire.END, 1, {});
  })();
  let got = 0; r.on("data", (c: Buffer) => { got += c.length; });
  await new Promise(res => r.on("end", res)); await pump;
  const s = (performance.now()-t0)/1000; const c = process.cpuUsage(c0);
  console.log("get", got/1048576/s, "MiB/s; cpu s", (c.user+c.system)/1e6);
  // put
  let taken = 0;
  guest.onMessage = (m) => { if (m.type === "DATA") { taken += m.body.bytes.length; credit += m.body.bytes.length; guest.received.length = 0; if (credit >= 131072) { guest.send(wire.CREDIT, m.stream, { bytes: credit }); credit = 0; } } if (m.type === "END") guest.send(wire.OK, m.stream, {}); };
  credit = 0;
  const t1 = performance.now();
  await conn.put({ path: "/x", mode: 0, owner: "" }, Buffer.alloc(SIZE, 1));
  console.log("put", taken/1048576/((performance.now()-t1)/1000), "MiB/s");
}, 60000);
