/** What is used of noVNC, which has no types of its own. */
declare module "@novnc/novnc" {
  /** What it asks of a WebSocket that it is given. */
  export interface RawChannel {
    binaryType: string;
    readonly protocol: string;
    readonly readyState: string;
    onopen: (() => void) | null;
    onmessage: ((event: { readonly data: ArrayBuffer }) => void) | null;
    onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
    onerror: ((event: unknown) => void) | null;
    send(data: Uint8Array): void;
    close(): void;
  }

  // eslint-disable-next-line no-restricted-syntax -- that is how it exports it
  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, channel: RawChannel);
    scaleViewport: boolean;
    resizeSession: boolean;
    focusOnClick: boolean;
    background: string;
    showDotCursor: boolean;
    focus(options?: FocusOptions): void;
    blur(): void;
    disconnect(): void;
    sendKey(keysym: number, code: string | null, down?: boolean): void;
  }
}
