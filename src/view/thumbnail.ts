import type { Frame } from "../display/index.ts";

/** Pixels of a picture that stands for a screen. */
const WIDTH = 480;
const HEIGHT = 320;

/** A small PNG file of what a screen shows. Its pixels are the guest's; the file is made here. */
export async function thumbnail({ pixels, width, height }: Frame): Promise<Buffer> {
  // The last byte of a pixel says nothing on a screen; sharp would take it for opacity.
  for (let at = 3; at < pixels.length; at += 4) pixels[at] = 0xff;
  const { default: sharp } = await import("sharp");
  return await sharp(pixels, { raw: { width, height, channels: 4 } })
    .removeAlpha()
    .resize({ width: WIDTH, height: HEIGHT, fit: "inside", withoutEnlargement: true })
    .png({ compressionLevel: 6 })
    .toBuffer();
}
