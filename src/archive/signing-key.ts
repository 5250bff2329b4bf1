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
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { MayflyError, attempt, errnoOf, makeDirectory, placeNew, storeFailure } from "../foundation/index.ts";
import { newOwnedName } from "../process/index.ts";

const NAME = "signing-key.pem";

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
      await placeNew(temporary, join(state, NAME));
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
