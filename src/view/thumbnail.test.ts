import sharp from "sharp";
import { expect, it } from "vitest";
import { thumbnail } from "./thumbnail.ts";

it("pictures a screen in its own colours, whatever the byte says that says nothing", async () => {
  const pixels = Buffer.alloc(960 * 320 * 4);
  for (let at = 0; at < pixels.length; at += 4) pixels.set([200, 100, 50, at % 256], at);
  const png = await thumbnail({ width: 960, height: 320, pixels });
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([480, 160, 3]);
  expect([...data.subarray(0, 3)]).toEqual([200, 100, 50]);
});
