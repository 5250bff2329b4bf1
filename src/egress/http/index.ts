export { HttpConversation, type ConversationListeners } from "./conversation.ts";
export { httpRecord, type RequestWords } from "./record.ts";
export { readRequestHead, type RequestHead, type RequestReading } from "./request.ts";
