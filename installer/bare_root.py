"""The packages in a bare Debian without Python: install, start, self-test, open a project, remove, look what stays."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import bare_system

_HOME = "/home/tester"
_FIRST = "xvfb xauth xz-utils xdotool x11-utils"  # an invisible screen, what unpacks a .run, what looks at windows


def try_packages(packages: Sequence[Path], folder: Path, suite: str) -> int:
    """Try each package in a root of its own; 0 if all went well.

    Args:
        packages: ``.deb`` and ``.run`` files.
        folder: For the bare system; made by debootstrap if it is not there, and copied for each package.
        suite: Of Debian, as old as the packages may be installed on.
    """
    root = folder / f"bare-{suite}"
    bare_system.make(root, suite)
    failed = 0
    for package in packages:
        copy = root.with_name(f"{root.name}-{package.suffix[1:]}")
        shutil.rmtree(copy, ignore_errors=True)
        bare_system.duplicate(root, copy)
        print(f"{package.name} in a bare {suite}:", flush=True)
        passed = _try_one(package, copy)
        print(f"{package.name}: {'OK' if passed else 'FAILED'}", flush=True)
        failed += not passed
        shutil.rmtree(copy, ignore_errors=True)
    return 1 if failed else 0


def _try_one(package: Path, root: Path) -> bool:
    target = root / "tmp" / package.name
    try:
        target.hardlink_to(package)
    except OSError:
        shutil.copy2(package, target)
    steps = _DEB if package.suffix == ".deb" else _RUN
    text = (_BEFORE + steps + _AFTER).format(package=f"/tmp/{package.name}", home=_HOME, first=_FIRST)
    (root / "tmp" / "try.sh").write_text(text, encoding="ascii")
    return bare_system.run(root, "exec sh -e /tmp/try.sh") == 0


_BEFORE = """
if command -v python3; then echo "This root has a Python."; exit 1; fi
apt-get -qq update
apt-get -qq install -y --no-install-recommends {first} >/dev/null 2>&1
useradd -m -d {home} tester
files() {{
  find / -xdev \\( -path /proc -o -path /tmp -o -path /var -o -path /dev \\) -prune -o -type f -print | sort
}}
packages() {{ dpkg-query -W -f '${{Package}}\\n' | sort; }}
as() {{ su tester -c "$1"; }}
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
_RUN = """
apt-get -qq install -y --no-install-recommends libegl1 libgl1 libfontconfig1 libdbus-1-3 libx11-xcb1 \\
  libxkbcommon-x11-0 libglib2.0-0 shared-mime-info desktop-file-utils >/dev/null 2>&1
note
chmod 755 {package}
as "sh {package} --quiet"
program={home}/.local/share/voxelwright-program/voxelwright
remove() {{ as "{home}/.local/share/voxelwright-program/uninstall.sh"; }}
"""
_AFTER = """
if command -v python3; then echo "The package brought a Python."; exit 1; fi
as "$program --version"
echo "self-test under Xvfb:"
as "xvfb-run -a $program --self-test > /tmp/self-test.txt 2>&1" || {{ cat /tmp/self-test.txt; exit 1; }}
tail -n 4 /tmp/self-test.txt
as "$program self-test --out {home}/kept --json" > /tmp/kept.json
echo "an image and a project opened by their files, as a file manager starts them:"
cat > /tmp/open.sh <<'END'
set -e
apps=$HOME/.local/share/applications
[ -e "$apps/voxelwright.desktop" ] || apps=/usr/share/applications
file="{home}/kept/demo.vwproj/Open this project.vwproj"
grep -q "^application/x-voxelwright-project=.*voxelwright.desktop" "$apps/mimeinfo.cache"
grep -q ":\\*\\.vwproj$" "$(dirname "$apps")/mime/globs"
for type in image/tiff image/x-nifti; do grep -q "^$type=.*voxelwright.desktop" "$apps/mimeinfo.cache"; done
grep -q "^image/x-nifti:\\*\\.nii\\.gz$" "$(dirname "$apps")/mime/globs"
image=$(find {home}/kept -name '*.tif' | sort | head -n 1)
line=$(sed -n 's/^Exec=//p' "$apps/voxelwright.desktop" | sed 's/ %f$//')
seen() {{
  count=0
  until xdotool search --onlyvisible --name "$1" >/dev/null 2>&1; do
    sleep 1; count=$((count + 1)); [ $count -lt 90 ]
  done
}}
eval "$line \\"\\$image\\"" &
first=$!
seen "$(basename "$image")"
echo "An image opened by its file is shown: $(basename "$image")"
eval "$line \\"\\$file\\""
seen 'Sample: nuclei'
echo "The second start ended, and the window that was open shows the project."
wait $first
END
as "VOXELWRIGHT_QUIT_AFTER_MS=60000 xvfb-run -a sh /tmp/open.sh"
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
