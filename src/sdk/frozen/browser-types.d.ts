/** Names of the browser's that the zip library's types mention; nothing of ours has to do with them. */
type FileSystemHandle = object;
type FileSystemDirectoryHandle = object;
type Worker = object;
