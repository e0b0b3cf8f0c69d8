#!/bin/sh
set -eu
kernel=$(basename /lib/modules/*)
ramdisk=$(mktemp -d)
mkdir -p "$ramdisk/bin" "$ramdisk/dev" "$ramdisk/root"
cp /bin/busybox "$ramdisk/bin/busybox"
cp /usr/share/testbed/init "$ramdisk/init"
chmod 755 "$ramdisk/init"
# ext4 and virtio_pci are built in; the disk's driver is all that is missing. Modules are stored as .ko.xz.
busybox xzcat "/lib/modules/$kernel/kernel/drivers/block/virtio_blk.ko.xz" >"$ramdisk/virtio_blk.ko"
(cd "$ramdisk" && find . | cpio --quiet -o -H newc) >/boot/initrd.testbed
rm -rf "$ramdisk" /boot/initrd.img-*
sed -i 's/^update_initramfs=.*/update_initramfs=no/' /etc/initramfs-tools/update-initramfs.conf
# QEMU starts an ELF kernel through its PVH entry, so it need not unpack itself under emulation.
python3 - "/boot/vmlinuz-$kernel" <<'PY'
import pathlib, subprocess, sys
image = pathlib.Path(sys.argv[1]).read_bytes()
start = image.index(b"\x28\xb5\x2f\xfd")
unpacked = subprocess.run(["zstd", "-dcq"], input=image[start:], capture_output=True).stdout
assert unpacked[:4] == b"\x7fELF", "no zstd-packed ELF kernel found"
pathlib.Path("/boot/vmlinux").write_bytes(unpacked)
PY
