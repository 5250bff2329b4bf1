/** What the outer machine is made of. Whatever changes here makes another one. */
export const RECIPE = {
  packages: [
    // to boot, and to be a machine with users
    "linux-image-cloud-amd64",
    "kmod",
    "procps",
    "busybox-static",
    "passwd",
    // what `mayfly setup` installs (src/setup/programs.ts)
    "qemu-system-x86",
    "bubblewrap",
    "util-linux",
    "mount",
    "mmdebstrap",
    "gpgv",
    "debian-archive-keyring",
    "squashfs-tools",
    "musl-tools",
    "gcc",
    "binutils",
    "cpio",
    "uidmap",
    // what Node's own binary needs
    "libstdc++6",
  ],
  exclude: ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*"],
  /** Modules that find the outer machine's disks, in loading order. */
  modules: [
    "drivers/virtio/virtio_ring",
    "drivers/virtio/virtio",
    "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci_modern_dev",
    "drivers/virtio/virtio_pci",
    "drivers/block/virtio_blk",
    "fs/squashfs/squashfs",
    "fs/overlayfs/overlay",
  ],
};

/**
 * What emulates it: a newer QEMU than the one that Mayfly uses in it. That of Debian 12 (7.2), emulating AMD's virtualization for
 * several machines at once, let their guests crash, and changed bytes on their way: docs/kvm-lab.md.
 */
export const EMULATOR = { suite: "trixie", packages: ["qemu-system-x86"] };

/** A processor that QEMU emulates with AMD's virtualization: the outer kernel's `kvm-amd` finds it and works. */
export const PROCESSOR = "EPYC,+svm";
export const MEMORY_MIB = 6144;
export const CORES = 2;
