export { within, sleep } from "./deadline.ts";
export { deferred, type Deferred } from "./deferred.ts";
export { ERROR_CODES, type ErrorCode } from "./error-codes.ts";
export { MayflyError, asMayflyError, errnoOf, isMayflyError } from "./errors.ts";
export { attempt, ignoring } from "./ignoring.ts";
export { isVmId, newVmId, type VmId } from "./ids.ts";
export { inStore, makeStoreDirectory, storeFailure } from "./store-failure.ts";
export { asUntrusted, neutralise, openUntrusted, type Untrusted } from "./untrusted.ts";
export { GIB, KIB, MIB, formatSize, formatTime, parseSize, parseTime } from "./units.ts";
