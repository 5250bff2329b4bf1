export { hashFile, lookOf } from "./digest.ts";
export { ensureImage, imagePlace } from "./ensure.ts";
export { INSTALLATION, findProfile, listProfiles } from "./find-profile.ts";
export { listImages, removeImage, verifyImage, type StoredImage } from "./manage.ts";
export { readImage, type Image } from "./manifest.ts";
export { networkOfProfile } from "./profile-network.ts";
export { programHash } from "./programs.ts";
export { storePaths } from "./store.ts";
