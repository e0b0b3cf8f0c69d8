#!/bin/sh
set -eu
kernel=$(basename /lib/modules/*)
parts=/usr/share/testbed/tiny
work=$(mktemp -d)
root=$work/root
mkdir -p "$root/bin" "$root/etc/modules" "$root/lib/modules"

# Busybox is nearly everything; dropbear is what it lacks.
cp /bin/busybox "$root/bin/"
for program in /usr/sbin/dropbear /usr/bin/dbclient; do
  cp "$program" "$root/bin/"
  ldd "$program" | grep -o '/[^ ]*' | while read -r library; do
    install -D "$library" "$root$library"
  done
done
ln -s dbclient "$root/bin/ssh"
install -m 755 $parts/init "$root/init"
install -m 755 $parts/udhcpc "$root/etc/udhcpc"
echo 'root:x:0:0::/:/bin/sh' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo /bin/sh >"$root/etc/shells"
# The power button: an instance that is stopped is not waited for until time is up.
install -d "$root/etc/acpi/PWRF"
printf '#!/bin/sh\npoweroff\n' >"$root/etc/acpi/PWRF/00000080"
chmod 755 "$root/etc/acpi/PWRF/00000080"
printf 'ttyS0::askfirst:-/bin/sh\n::respawn:/bin/acpid -f -l /dev/null\n::ctrlaltdel:/bin/reboot\n::shutdown:/bin/umount -a -r\n' >"$root/etc/inittab"

# A module's signature is seconds of arithmetic for an emulated processor within another; without one, none is checked.
unsigned() { # from to
  python3 - "$@" <<'END'
import pathlib, sys

MARK, TRAILER = b"~Module signature appended~\n", 12
data = pathlib.Path(sys.argv[1]).read_bytes()
if data.endswith(MARK):
    rest = data[: -len(MARK)]
    data = rest[: -TRAILER - int.from_bytes(rest[-4:], "big")]
pathlib.Path(sys.argv[2]).write_bytes(data)
END
}

# Each list in the order in which its modules can be loaded. The drive with the instance's configuration is a CD-ROM,
# and which controller it hangs on is the hypervisor's choice: the cheap one first, others where it is on none so far.
list() { # name module...
  list=$1
  shift
  for module in "$@"; do
    modprobe --set-version "$kernel" --show-depends "$module"
  done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | awk '!seen[$0]++' | while read -r path; do
    unsigned "$path" "$root/lib/modules/$(basename "$path")"
    basename "$path"
  done >"$root/etc/modules/$list"
}
list always virtio_blk virtio_net isofs vfat nls_cp437 nls_ascii nls_utf8 button evdev
list scsi virtio_scsi sr_mod
list drive ata_piix ahci

disk=$work/disk
mkdir "$disk"
cp "/boot/vmlinuz-$kernel" "$disk/kernel"
# Not packed: unpacking costs more than reading where a processor is emulated.
(cd "$root" && find . | cpio --quiet -o -H newc) >"$disk/ramdisk"
cp $parts/syslinux.cfg "$disk/"

# A FAT filesystem behind a partition table, made without mounting anything. It says itself where on the disk it begins,
# so syslinux can be installed before it gets there.
size=$(($(du -sm "$disk" | cut -f1) + 6)) # MiB; what is left is the instance's own
truncate -s "${size}M" "$work/fat"
mkfs.vfat -F 16 -h 2048 -i 54494e59 -n TINY "$work/fat" >/dev/null
mcopy -i "$work/fat" "$disk/kernel" "$disk/ramdisk" "$disk/syslinux.cfg" ::
syslinux --install "$work/fat"
tiny=/usr/share/testbed/tiny.raw
truncate -s "$((size + 1))M" $tiny
echo '2048,,e,*' | sfdisk --quiet $tiny
dd if=/usr/lib/SYSLINUX/mbr.bin of=$tiny conv=notrunc status=none
dd if="$work/fat" of=$tiny bs=1M seek=1 conv=notrunc,sparse status=none
rm -rf "$work"
