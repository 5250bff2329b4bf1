export { admitDocument, admitPage, requireAddress, type BrowseChoices, type ViewChoices } from "./request.ts";
export { ViewServer } from "./server.ts";
export type { ViewSocket } from "./tab-stream.ts";
export { View, type ViewHost } from "./view.ts";
