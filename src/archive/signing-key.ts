import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  type KeyObject,
} from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { link, rename } from "node:fs/promises";
import { join } from "node:path";
import {
  MayflyError,
  attempt,
  errnoOf,
  lacksLinks,
  makeDirectory,
  storeFailure,
} from "../foundation/index.ts";
import { newOwnedName, withLock } from "../process/index.ts";

const NAME = "signing-key.pem";
const LOCK = "signing-key.lock";

/** The Ed25519 key of this installation: of one user on one machine. */
export class SigningKey {
  readonly #private: KeyObject;
  /** Public key, SPKI in base64. */
  readonly publicKey: string;

  private constructor(key: KeyObject) {
    this.#private = key;
    this.publicKey = createPublicKey(key).export({ type: "spki", format: "der" }).toString("base64");
  }

  /**
   * Reads the key below `state`, which is made where there is none: whole, readable by its owner only, and one, however
   * many processes begin at once. @throws E_STORE_UNWRITABLE, E_DISK_FULL
   */
  static async open(state: string): Promise<SigningKey> {
    return new SigningKey(SigningKey.#read(state) ?? (await SigningKey.#make(state)));
  }

  /** The public key below `state`; undefined where none was made yet. @throws E_STORE_UNWRITABLE where it is damaged */
  static publicKeyIn(state: string): string | undefined {
    const key = SigningKey.#read(state);
    return key && new SigningKey(key).publicKey;
  }

  /** @returns base64 */
  sign(bytes: Uint8Array): string {
    return sign(null, bytes, this.#private).toString("base64");
  }

  static #read(state: string): KeyObject | undefined {
    const path = join(state, NAME);
    let text: string;
    try {
      const descriptor = openSync(path, "r");
      try {
        if ((fstatSync(descriptor).mode & 0o077) !== 0) chmodSync(path, 0o600);
        text = readFileSync(descriptor, "utf8");
      } finally {
        closeSync(descriptor);
      }
    } catch (cause) {
      if (errnoOf(cause) === "ENOENT") return undefined;
      throw damaged(path, errnoOf(cause) ?? "it cannot be read", cause);
    }
    const key = attempt(() => createPrivateKey(text), "told below");
    if (key?.asymmetricKeyType !== "ed25519") throw damaged(path, "it is no Ed25519 key");
    return key;
  }

  static async #make(state: string): Promise<KeyObject> {
    const { privateKey } = generateKeyPairSync("ed25519");
    const temporary = join(state, newOwnedName());
    try {
      makeDirectory(state, 0o700);
      const descriptor = openSync(temporary, "wx", 0o600);
      try {
        writeFileSync(descriptor, privateKey.export({ type: "pkcs8", format: "pem" }));
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
      await place(temporary, state);
    } catch (cause) {
      if (errnoOf(cause) !== "EEXIST") throw storeFailure(join(state, NAME), cause);
    } finally {
      rmSync(temporary, { force: true });
    }
    const made = SigningKey.#read(state); // ours, or that of whoever was faster
    if (made === undefined) throw damaged(join(state, NAME), "it was removed");
    return made;
  }
}

/**
 * Gives the key its name, whole and once. Without hard links one maker at a time moves it there: a copy could be cut off
 * in the middle. @throws EEXIST
 */
async function place(temporary: string, state: string): Promise<void> {
  const path = join(state, NAME);
  try {
    await link(temporary, path);
  } catch (cause) {
    if (!lacksLinks(cause)) throw cause;
    await withLock(join(state, LOCK), {}, async () => {
      if (!existsSync(path)) await rename(temporary, path);
    });
  }
}

/** What people compare: `SHA256:` and the digest of a public key, as ssh writes it. */
export function fingerprint(publicKey: string): string {
  const digest = createHash("sha256").update(Buffer.from(publicKey, "base64")).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}

function damaged(path: string, why: string, cause?: unknown): MayflyError {
  return new MayflyError(
    "E_STORE_UNWRITABLE",
    `The key that signs reports, ${path}, cannot be used: ${why}`,
    {
      cause,
      next: "Restore it from a backup; or remove it, and a new one is made, which then is another installation's.",
    },
  );
}
