import type { ClipboardDirection, DownloadWay, PrintingWay } from "./view-policy.ts";

/** What is happening with a live view. */
export type ViewStage = "starting" | "opening" | "shown" | "ending" | "ended";

/** Something that may come out of a live view. All text is neutralised. */
export interface ViewFile {
  /** Names it in an act; says nothing else. */
  readonly id: number;
  readonly name: string;
  /** The guest's word. */
  readonly bytes: number;
  readonly kind: "file" | "print";
  /** Where it lies on the host; absent where it was not saved. */
  readonly saved?: string | undefined;
}

/** From the host to the page, as JSON texts between the binary messages of the screen. */
export type ViewNews =
  | {
      readonly kind: "view";
      /** What is shown, for people. */
      readonly name: string;
      readonly clipboard: ClipboardDirection;
      readonly downloads: DownloadWay;
      readonly printing: PrintingWay;
      /** Where the host puts what is saved; empty where nothing is. */
      readonly directory: string;
    }
  | { readonly kind: "machine"; readonly id: string; readonly isHardware: boolean; readonly reason: string }
  | { readonly kind: "stage"; readonly stage: ViewStage; readonly text: string }
  /** What the program inside complains of, in its own words. */
  | { readonly kind: "complaint"; readonly text: string }
  /** The screen's size; bounded where the page asked for more. */
  | { readonly kind: "size"; readonly width: number; readonly height: number; readonly isBounded: boolean }
  /** The screen's own bytes follow. */
  | { readonly kind: "screen" }
  | { readonly kind: "offer"; readonly hasText: boolean }
  | { readonly kind: "pasted" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "files"; readonly files: readonly ViewFile[]; readonly omitted: number }
  | { readonly kind: "saved"; readonly id: number; readonly path: string }
  /** A page of another site was wanted. */
  | { readonly kind: "elsewhere"; readonly number: number; readonly url: string }
  | { readonly kind: "opened"; readonly number: number; readonly path: string }
  | { readonly kind: "failed"; readonly act: string; readonly message: string; readonly next: string };

/** From the page to the host: what a person does beside keys and pointer. */
export type ViewAct =
  | { readonly act: "size"; readonly width: number; readonly height: number; readonly scale: number }
  | { readonly act: "paste"; readonly text: string }
  | { readonly act: "copy" }
  | { readonly act: "files" }
  | { readonly act: "save"; readonly id: number }
  | { readonly act: "elsewhere"; readonly number: number }
  | { readonly act: "end" };
