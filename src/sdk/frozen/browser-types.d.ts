/* Names of the browser's that the zip library's types mention; nothing of ours has to do with them. */
/* eslint-disable @typescript-eslint/no-empty-object-type -- others declare them as well, so they must merge */
interface FileSystemHandle {}
interface FileSystemDirectoryHandle {}
interface Worker {}
