import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { InputFact, TaskInput } from "../contract/index.ts";
import { KIB, MayflyError, formatSize } from "../foundation/index.ts";
import type { MicroVm } from "../microvisor/index.ts";
import { openFileInput } from "./input-file.ts";
import type { OpenInput } from "./open-input.ts";

const CHUNK = 64 * KIB;
/** By its first page a program in guest memory is known to be an input's. */
const HEAD = 4 * KIB;

/**
 * Opens every input before anything is started.
 * @throws E_INPUT_MISSING, E_INPUT_UNREADABLE, E_INPUT_KIND, E_INPUT_TOO_LARGE naming the file
 */
export async function openInputs(
  inputs: readonly Required<TaskInput>[],
  memory: number,
): Promise<OpenInput[]> {
  const opened: OpenInput[] = [];
  try {
    for (const input of inputs) {
      const { name, content } = input;
      opened.push(
        content === undefined ? await openFileInput(input) : streamInput(name ?? "", content, memory),
      );
    }
    requireRoom(
      opened.reduce((sum, { size }) => sum + size, 0),
      memory,
    );
    return opened;
  } catch (cause) {
    await closeInputs(opened);
    throw cause;
  }
}

export async function closeInputs(inputs: readonly OpenInput[]): Promise<string> {
  await Promise.all(
    inputs.map(async (input) => {
      await input.close();
    }),
  );
  return `${inputs.length} closed`;
}

/** A micro-VM, which remembers how its inputs begin. */
type InputReceiver = Pick<MicroVm, "agent" | "observation">;

/** Copies the inputs to `/in` of the guest, which then becomes read-only. @throws E_INPUT_CHANGED, E_FILE_IN_GUEST */
export async function deliverInputs(vm: InputReceiver, inputs: readonly OpenInput[]): Promise<InputFact[]> {
  const facts = await Promise.all(inputs.map(async (input) => await deliver(vm, input)));
  await vm.agent.seal("/in");
  return facts;
}

async function deliver({ agent, observation }: InputReceiver, input: OpenInput): Promise<InputFact> {
  const { name, mode } = input;
  const digest = createHash("sha256");
  const head = Buffer.alloc(HEAD);
  let bytes = 0;
  const count = <T extends Uint8Array>(chunk: T): T => {
    digest.update(chunk);
    if (bytes < HEAD) head.set(chunk.subarray(0, HEAD - bytes), bytes);
    bytes += chunk.length;
    return chunk;
  };
  const file = { path: `/in/${name}`, mode, owner: "" };
  const content = await input.read();
  if (Buffer.isBuffer(content)) await agent.put(file, count(content));
  else
    await agent.put(file, Readable.from(each(content, count), { objectMode: false, highWaterMark: CHUNK }));
  await input.verify(bytes);
  observation.know(head);
  return { name, bytes, sha256: digest.digest("hex") };
}

async function* each(
  chunks: AsyncIterable<Uint8Array>,
  look: (chunk: Uint8Array) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield look(chunk);
}

/** What comes on a stream is bounded as it comes: nobody knows its size before. */
function streamInput(name: string, content: AsyncIterable<Uint8Array>, memory: number): OpenInput {
  let total = 0;
  const bounded = (chunk: Uint8Array): Uint8Array => {
    total += chunk.length;
    requireRoom(total, memory);
    return chunk;
  };
  return {
    name,
    mode: 0o444,
    size: 0,
    read: async () => await Promise.resolve(each(content, bounded)),
    verify: async () => {
      await Promise.resolve();
    },
    close: async () => {
      await Promise.resolve();
    },
  };
}

/** Inputs lie in guest memory: its file systems may fill half of what the guest's kernel leaves of it. */
const SHARE = 0.4;

function requireRoom(total: number, memory: number): void {
  const most = memory * SHARE;
  if (total <= most) return;
  const wanted = Math.ceil(total / SHARE / 2 ** 20 / 256) * 256;
  throw new MayflyError(
    "E_INPUT_TOO_LARGE",
    `The inputs are over ${formatSize(most)}, which is what a machine with ${formatSize(memory)} of memory takes`,
    { next: `Ask for more memory: --memory ${wanted}M.` },
  );
}
