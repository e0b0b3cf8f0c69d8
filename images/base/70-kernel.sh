#!/bin/sh
set -eu
kernel=$(basename /lib/modules/*)
ramdisk=$(mktemp -d)
mkdir -p "$ramdisk/bin" "$ramdisk/dev" "$ramdisk/root"
cp /bin/busybox "$ramdisk/bin/busybox"
cp /usr/share/testbed/init "$ramdisk/init"
chmod 755 "$ramdisk/init"
# Modules are stored as .ko.xz; unpacked once here, none is unpacked under emulation at each boot.
find "/lib/modules/$kernel" -name '*.ko.xz' -exec busybox unxz {} +
depmod "$kernel"
# ext4 and virtio_pci are built in; only the disk and the network card lack a driver.
for module in drivers/block/virtio_blk net/core/failover drivers/net/net_failover drivers/net/virtio_net; do
  cp "/lib/modules/$kernel/kernel/$module.ko" "$ramdisk/"
done
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
