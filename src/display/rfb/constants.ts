/** Numbers of RFC 6143 and its registered extensions; only what passes has a name here. */
export const VERSION = Buffer.from("RFB 003.008\n", "latin1");
export const SECURITY_NONE = 1;

/** To the guest. */
export const SET_PIXEL_FORMAT = 0;
export const SET_ENCODINGS = 2;
export const UPDATE_REQUEST = 3;
export const KEY = 4;
export const POINTER = 5;
export const CLIENT_CUT_TEXT = 6;
export const SET_DESKTOP_SIZE = 251;

/** From the guest. */
export const UPDATE = 0;
export const BELL = 2;
export const SERVER_CUT_TEXT = 3;

/** Pictures: pixels as they are, copies of what is there, and pixels behind zlib. No JPEG, no PNG, no video. */
export const RAW = 0;
export const COPY = 1;
export const TIGHT = 7;
/** What is no picture. */
export const LAST_RECTANGLE = -224;
export const CURSOR = -239;
export const EXTENDED_DESKTOP_SIZE = -308;
export const EXTENDED_CLIPBOARD = 0xc0a1e5ce | 0;
/** Fast to make, as the guest's processor may be emulated and the way to here is short. */
export const COMPRESS_LEVEL_1 = -255;

/** 32 bits a pixel, 24 of them used, little-endian, red first: what noVNC asks for. */
export const PIXEL_FORMAT = Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0]);
export const PIXEL_BYTES = 4;
/** A pixel of the Tight encoding in that format. */
export const TIGHT_PIXEL_BYTES = 3;

export interface Size {
  readonly width: number;
  readonly height: number;
}
