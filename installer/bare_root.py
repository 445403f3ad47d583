"""The packages in a bare Debian without Python: install, start, self-test, open a project, remove, look what stays."""

from __future__ import annotations

import shutil
from pathlib import Path

import bare_system

_HOME = "/home/tester"
_FIRST = ("xvfb", "xauth", "xz-utils", "xdotool", "x11-utils")
"""An invisible screen, what unpacks a .run, what looks at windows and types."""


def make(folder: Path, suite: str) -> Path:
    """The bare system, made once; each package gets a copy of it.

    Args:
        folder: In which it lies.
        suite: Of Debian, as old as the packages may be installed on.
    """
    root = folder / f"bare-{suite}"
    bare_system.make(root, suite, _FIRST)
    return root


def try_package(package: Path, folder: Path, suite: str) -> bool:
    """Try a package in a root of its own; whether all went well.

    Args:
        package: A ``.deb``, a ``.run`` or an ``.AppImage``.
        folder: For the bare system.
        suite: Of Debian.
    """
    root = make(folder, suite)
    copy = root.with_name(f"{root.name}-{package.suffix[1:]}")
    shutil.rmtree(copy, ignore_errors=True)
    bare_system.duplicate(root, copy)
    print(f"{package.name} in a bare {suite}:", flush=True)
    passed = _try_one(package, copy)
    print(f"{package.name}: {'OK' if passed else 'FAILED'}", flush=True)
    shutil.rmtree(copy, ignore_errors=True)
    return passed


def _try_one(package: Path, root: Path) -> bool:
    target = root / "tmp" / package.name
    try:
        target.hardlink_to(package)
    except OSError:
        shutil.copy2(package, target)
    text = (_BEFORE + _STEPS[package.suffix] + _AFTER).format(package=f"/tmp/{package.name}", home=_HOME)
    (root / "tmp" / "try.sh").write_text(text, encoding="ascii")
    return bare_system.run(root, "exec sh -e /tmp/try.sh") == 0


# What lies in /run is gone at the next start of a system: locks of its own tools, such as that of useradd.
_BEFORE = """
if command -v python3; then echo "This root has a Python."; exit 1; fi
apt-get -qq update
useradd -m -d {home} tester
files() {{
  find / -xdev \\( -path /proc -o -path /tmp -o -path /var -o -path /dev -o -path /run \\) \\
    -prune -o -type f -print | sort
}}
packages() {{ dpkg-query -W -f '${{Package}}\\n' | sort; }}
as() {{ su tester -c "$1"; }}
registers=yes
note() {{ files > /tmp/before; packages > /tmp/packages-before; }}
"""
_DEB = """
note
apt-get -qq install -y {package} >/dev/null 2>&1
program=/usr/bin/voxelwright
remove() {{
  apt-get -qq purge -y voxelwright >/dev/null 2>&1
  apt-get -qq autoremove -y --purge -o APT::AutoRemove::RecommendsImportant=false \\
    -o APT::AutoRemove::SuggestsImportant=false >/dev/null 2>&1
}}
"""
_DESKTOP = """
apt-get -qq install -y --no-install-recommends libegl1 libgl1 libfontconfig1 libdbus-1-3 libx11-xcb1 \\
  libxkbcommon-x11-0 libglib2.0-0 shared-mime-info desktop-file-utils >/dev/null 2>&1
note
"""
_RUN = """
chmod 755 {package}
as "sh {package} --quiet"
program={home}/.local/share/voxelwright-program/voxelwright
remove() {{ as "{home}/.local/share/voxelwright-program/uninstall.sh"; }}
"""
_APPIMAGE = """
program={home}/Voxelwright.AppImage
cp {package} $program
chmod 755 $program
chown tester $program
export APPIMAGE_EXTRACT_AND_RUN=1
registers=
remove() {{ rm $program; }}
"""
"""It is one file that nothing knows of; a container has no FUSE, without which it unpacks itself at each start."""
_STEPS = {".deb": _DEB, ".run": _DESKTOP + _RUN, ".AppImage": _DESKTOP + _APPIMAGE}
_AFTER = """
if command -v python3; then echo "The package brought a Python."; exit 1; fi
as "$program --version"
echo "self-test under Xvfb:"
as "xvfb-run -a $program --self-test {home}/kept > /tmp/self-test.txt 2>&1" || {{ cat /tmp/self-test.txt; exit 1; }}
tail -n 4 /tmp/self-test.txt
echo "an image and a project opened by their files, as a file manager starts them:"
cat > /tmp/open.sh <<'END'
set -e
apps=$HOME/.local/share/applications
[ -e "$apps/voxelwright.desktop" ] || apps=/usr/share/applications
file="{home}/kept/demo.vwproj/Open this project.vwproj"
line='"$program"'
if [ -n "$registers" ]; then
  grep -q "^application/x-voxelwright-project=.*voxelwright.desktop" "$apps/mimeinfo.cache"
  grep -q ":\\*\\.vwproj$" "$(dirname "$apps")/mime/globs"
  for type in image/tiff image/x-nifti; do grep -q "^$type=.*voxelwright.desktop" "$apps/mimeinfo.cache"; done
  grep -q "^image/x-nifti:\\*\\.nii\\.gz$" "$(dirname "$apps")/mime/globs"
  line=$(sed -n 's/^Exec=//p' "$apps/voxelwright.desktop" | sed 's/ %f$//')
fi
image=$(find {home}/kept -name '*.tif' | sort | head -n 1)
seen() {{
  count=0
  until xdotool search --onlyvisible --name "$1" >/dev/null 2>&1; do
    sleep 1; count=$((count + 1)); [ $count -lt 180 ]
  done
}}
eval "$line \\"\\$image\\"" &
first=$!
seen "$(basename "$image")"
echo "An image opened by its file is shown: $(basename "$image")"
eval "$line \\"\\$file\\""
seen 'Sample: nuclei'
echo "The second start ended, and the window that was open shows the project."
# Without a window manager no window gets keys until it is given them.
xdotool windowfocus "$(xdotool search --onlyvisible --name 'Sample: nuclei' | head -n 1)"
sleep 1
xdotool key ctrl+q
wait $first
END
export program registers
as "VOXELWRIGHT_QUIT_AFTER_MS=600000 xvfb-run -a sh -e /tmp/open.sh"
as "grep -q demo.vwproj {home}/.config/voxelwright/settings.json"
remove
files > /tmp/after
packages > /tmp/packages-after
if ! diff /tmp/packages-before /tmp/packages-after; then echo "Packages stay that were not there before."; exit 1; fi
cat /var/lib/dpkg/info/*.list | sed -E 's,^/(lib|lib64|bin|sbin)/,/usr/\\1/,' | sort -u > /tmp/of-packages
comm -13 /tmp/before /tmp/after | comm -23 - /tmp/of-packages > /tmp/new
echo "left behind, of the user:"
user='^{home}/(kept|\\.config|\\.local/state|\\.local/share/voxelwright|\\.cache)/'
grep -E "$user" /tmp/new | cut -d/ -f1-6 | sort | uniq -c || true
grep -v -E "$user" /tmp/new > /tmp/left || true
if [ -s /tmp/left ]; then echo "left behind, of the program:"; cat /tmp/left; exit 1; fi
"""
