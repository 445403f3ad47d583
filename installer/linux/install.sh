#!/bin/sh
# The head of the self-extracting archive. What follows the last line of this script is a .tar.xz with the program, as the
# Debian package lays it out.
#
#   sh Voxelwright-VERSION.run [--to FOLDER] [--quiet]     install for this user, without administrator's rights
#   FOLDER/uninstall.sh                                    remove it again; projects, models and settings stay
set -eu
to="${XDG_DATA_HOME:-$HOME/.local/share}/voxelwright-program"
quiet=
while [ $# -gt 0 ]; do
  case "$1" in
    --to) to=$2; shift 2 ;;
    --quiet) quiet=yes; shift ;;
    *) echo "Usage: sh $0 [--to FOLDER] [--quiet]" >&2; exit 2 ;;
  esac
done
say() { [ -n "$quiet" ] || echo "$*"; }
command -v xz >/dev/null || { echo "The program xz is needed to unpack; install the package xz-utils (or xz)." >&2; exit 1; }
head=$(($(grep -an '^__ARCHIVE__$' "$0" | head -n 1 | cut -d: -f1) + 1))
new="$to.new"
rm -rf "$new"
mkdir -p "$new"
say "Unpacking into $to …"
if ! tail -n "+$head" "$0" | xz -dc | tar -xf - -C "$new" --strip-components=2 ./usr/lib ./usr/share; then
  rm -rf "$new"
  echo "Unpacking failed; is the disk full? Nothing was changed." >&2
  exit 1
fi
rm -rf "$to.old"
[ ! -e "$to" ] || mv "$to" "$to.old"
mv "$new/lib/voxelwright" "$to"
rm -rf "$to.old"
share="${XDG_DATA_HOME:-$HOME/.local/share}"
mkdir -p "$share/applications" "$share/mime/packages" "$share/icons/hicolor/256x256/apps" "$HOME/.local/bin"
sed "s|^Exec=voxelwright|Exec=\"$to/voxelwright\"|" "$new/share/applications/voxelwright.desktop" \
  > "$share/applications/voxelwright.desktop"
cp "$new/share/mime/packages/voxelwright.xml" "$share/mime/packages/voxelwright.xml"
cp "$new/share/icons/hicolor/256x256/apps/voxelwright.png" "$share/icons/hicolor/256x256/apps/voxelwright.png"
rm -rf "$new"
ln -sf "$to/voxelwright" "$HOME/.local/bin/voxelwright"
cat > "$to/uninstall.sh" <<END
#!/bin/sh
# Removes Voxelwright; projects, models and settings stay.
to="$to" share="$share"
END
cat >> "$to/uninstall.sh" <<'END'
cd /
rm -f "$share/applications/voxelwright.desktop" "$share/mime/packages/voxelwright.xml" \
  "$share/icons/hicolor/256x256/apps/voxelwright.png"
[ "$(readlink "$HOME/.local/bin/voxelwright")" != "$to/voxelwright" ] || rm -f "$HOME/.local/bin/voxelwright"
rm -rf "$to"
command -v update-mime-database >/dev/null && update-mime-database "$share/mime" >/dev/null 2>&1 || true
command -v update-desktop-database >/dev/null && update-desktop-database "$share/applications" >/dev/null 2>&1 || true
# Lists that both made go when nothing is left that they could list.
if [ -z "$(ls "$share/mime/packages" 2>/dev/null)" ]; then
  for list in XMLnamespaces aliases generic-icons globs globs2 icons magic mime.cache subclasses treemagic types version; do
    rm -f "$share/mime/$list"
  done
  rm -f "$share/mime/application/x-voxelwright-"*.xml "$share/mime/image/x-"*.xml
fi
[ -n "$(ls "$share/applications/"*.desktop 2>/dev/null)" ] || rm -f "$share/applications/mimeinfo.cache"
rmdir "$share/mime/packages" "$share/mime/application" "$share/mime/image" "$share/mime" "$share/applications" \
  "$share/icons/hicolor/256x256/apps" "$share/icons/hicolor/256x256" "$share/icons/hicolor" "$share/icons" \
  "$HOME/.local/bin" 2>/dev/null || true
END
chmod 755 "$to/uninstall.sh"
command -v update-mime-database >/dev/null && update-mime-database "$share/mime" >/dev/null 2>&1 || true
command -v update-desktop-database >/dev/null && update-desktop-database "$share/applications" >/dev/null 2>&1 || true
say "Voxelwright is installed. Start it from your menu, or with $to/voxelwright"
exit 0
__ARCHIVE__
