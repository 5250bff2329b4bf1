/** A program that Mayfly runs, and the Debian package that it comes from. */
export interface Program {
  readonly program: string;
  readonly package: string;
  readonly purpose: string;
  /** A file to look for instead of a program in PATH. */
  readonly file?: string;
  /** Needed by whom. Default: everybody. */
  readonly who?: "users";
}

/** Everything outside Node that Mayfly stands on. */
export const PROGRAMS: readonly Program[] = [
  { program: "qemu-system-x86_64", package: "qemu-system-x86", purpose: "the machines" },
  { program: "bwrap", package: "bubblewrap", purpose: "the jail around each machine" },
  { program: "setpriv", package: "util-linux", purpose: "processes that die with Mayfly" },
  { program: "flock", package: "util-linux", purpose: "one build of an image at a time" },
  { program: "mmdebstrap", package: "mmdebstrap", purpose: "images from Debian packages" },
  { program: "mount", package: "mount", purpose: "images from Debian packages" },
  { program: "gpgv", package: "gpgv", purpose: "checking the signatures of Debian's archive" },
  {
    program: "debian-archive-keyring",
    package: "debian-archive-keyring",
    purpose: "the keys of Debian's archive",
    file: "/usr/share/keyrings/debian-archive-keyring.gpg",
  },
  { program: "sqfstar", package: "squashfs-tools", purpose: "packing root file systems" },
  { program: "musl-gcc", package: "musl-tools", purpose: "compiling the guest's agent" },
  { program: "gcc", package: "gcc", purpose: "compiling the guest's agent" },
  { program: "as", package: "binutils", purpose: "compiling the guest's agent" },
  { program: "cpio", package: "cpio", purpose: "packing the initramfs" },
  { program: "newuidmap", package: "uidmap", purpose: "building images without being root", who: "users" },
];
