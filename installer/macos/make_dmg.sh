#!/bin/bash
# The app bundle and its disk image, on a Mac:  make_dmg.sh PROGRAM VERSION OUT PLIST
#
# PROGRAM is the folder that installer/build.py assembles (a runtime and an app layer), PLIST the
# description of the app bundle, which it writes as well (installer/file_types.py). To sign and notarise, set
#   MACOS_SIGNING_IDENTITY   as "Developer ID Application: NAME (TEAM)"
#   MACOS_NOTARY_PROFILE     a profile kept with `xcrun notarytool store-credentials`
# Without them the image is neither, and a Mac asks before it opens it the first time.
set -euo pipefail
program=$1 version=$2 out=$3 plist=$4
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bundle="$out/Voxelwright.app"
rm -rf "$bundle"
mkdir -p "$bundle/Contents/MacOS" "$bundle/Contents/Resources"
cp -R "$program/" "$bundle/Contents/Resources/program"
cp "$plist" "$bundle/Contents/Info.plist"
plutil -lint "$bundle/Contents/Info.plist"
runtime=$(basename "$bundle"/Contents/Resources/program/runtime-*)
cat > "$bundle/Contents/MacOS/voxelwright" <<END
#!/bin/sh
exec "\$(cd "\$(dirname "\$0")/../Resources/program" && pwd)/$runtime/voxelwright" "\$@"
END
chmod 755 "$bundle/Contents/MacOS/voxelwright"
icons="$out/voxelwright.iconset"
mkdir -p "$icons"
for size in 16 32 128 256; do
  sips -z $size $size "$root/resources/icons/voxelwright@2x.png" --out "$icons/icon_${size}x${size}.png" >/dev/null
  sips -z $((2 * size)) $((2 * size)) "$root/resources/icons/voxelwright@2x.png" \
    --out "$icons/icon_${size}x${size}@2x.png" >/dev/null
done
iconutil -c icns "$icons" -o "$bundle/Contents/Resources/voxelwright.icns"
if [ -n "${MACOS_SIGNING_IDENTITY:-}" ]; then
  find "$bundle" \( -name '*.dylib' -o -name '*.so' -o -perm -100 -type f \) -print0 |
    xargs -0 codesign --force --timestamp --options runtime --entitlements "$here/entitlements.plist" \
      --sign "$MACOS_SIGNING_IDENTITY"
  codesign --force --timestamp --options runtime --entitlements "$here/entitlements.plist" \
    --sign "$MACOS_SIGNING_IDENTITY" "$bundle"
fi
image="$out/Voxelwright-$version-macos-$(uname -m).dmg"
stage="$out/dmg"
rm -rf "$stage" "$image"
mkdir -p "$stage"
cp -R "$bundle" "$stage/"
ln -s /Applications "$stage/Applications"
hdiutil create -volname Voxelwright -srcfolder "$stage" -format ULMO -ov "$image"
if [ -n "${MACOS_NOTARY_PROFILE:-}" ]; then
  codesign --timestamp --sign "$MACOS_SIGNING_IDENTITY" "$image"
  xcrun notarytool submit "$image" --keychain-profile "$MACOS_NOTARY_PROFILE" --wait
  xcrun stapler staple "$image"
fi
echo "$image"
