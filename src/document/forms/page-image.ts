import type sharp from "sharp";
import type { Sharp } from "sharp";
import type { PixelPage } from "./form.ts";

/** Bytes a pixel below which a lossless page is kept as it is: text on paper has some 0.05, a photograph more than 1. */
const LOSSLESS_RATIO = 0.12;

let loaded: Promise<typeof sharp> | undefined;

/** sharp, which is loaded only where pictures are made, and keeps neither memory nor threads. */
async function library(): Promise<typeof sharp> {
  loaded ??= import("sharp").then(({ default: made }) => {
    made.cache(false);
    made.concurrency(1);
    return made;
  });
  return await loaded;
}

/** A page as a PNG file, without loss; pages without colour become grey ones. `dpi` is written into it. */
export async function encodePng({ pixels, width, height, dpi }: PixelPage): Promise<Buffer> {
  const image = await raw(pixels, width, height);
  return await image.withMetadata({ density: dpi }).png({ compressionLevel: 6 }).toBuffer();
}

/** A page as PNG or JPEG, whichever suits it: text stays without loss, photographs become small. */
export async function encodePage(page: PixelPage, quality: number): Promise<Buffer> {
  const { pixels, width, height } = page;
  const lossless = await (await raw(pixels, width, height)).png({ compressionLevel: 6 }).toBuffer();
  if (lossless.length <= width * height * LOSSLESS_RATIO) return lossless;
  const lossy = await (await raw(pixels, width, height)).jpeg({ quality }).toBuffer();
  return lossy.length * 2 < lossless.length ? lossy : lossless;
}

async function raw(pixels: Uint8Array, width: number, height: number): Promise<Sharp> {
  const make = await library();
  const image = make(pixels, { raw: { width, height, channels: 3 }, limitInputPixels: false });
  return isGrey(pixels) ? image.toColourspace("b-w") : image;
}

function isGrey(pixels: Uint8Array): boolean {
  for (let at = 0; at < pixels.length; at += 3) {
    if (pixels[at] !== pixels[at + 1] || pixels[at] !== pixels[at + 2]) return false;
  }
  return true;
}
