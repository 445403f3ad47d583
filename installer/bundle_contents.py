"""What goes into the built program's runtime, and what of its libraries is left out."""

from __future__ import annotations

import fnmatch
from pathlib import PurePosixPath

PROGRAM = "desktop_app"

COLLECTED_WHOLE = ("imagecodecs", "numcodecs", "zarr", "nibabel", "pydicom", "ome_types", "safetensors")
"""Libraries that load their parts by name when a file asks for them, so that no import tells of them."""
ALL_MODULES_OF = ("czifile", "liffile", "oiffile", "nd2", "tifffile", "PIL", "skimage", "xsdata.formats", "rich")
"""Modules of these are found by name; their data files are none or found by their hooks."""
AS_FILES = ("torch", "monai")
"""Kept as files on disk: a torch for GPUs lies in front of them, and both read their own sources."""
METADATA_OF = ("voxelwright",)
"""The program and, through it, every library whose licence About shows and whose plugins are found by metadata."""

LEFT_OUT_MODULES = (
    "tkinter", "IPython", "matplotlib", "pandas", "pytest", "_pytest", "hypothesis", "mypy", "sphinx", "jupyter",
    "torch.utils.tensorboard", "tensorboard_data_server", "tensorboard.backend",
    "tensorboard.main", "grpc", "werkzeug", "torchvision", "torchaudio", "triton", "onnx", "onnxruntime",
    "PySide6.QtQml", "PySide6.QtQuick", "PySide6.QtQuickWidgets", "PySide6.QtDesigner", "PySide6.QtHelp",
    "PySide6.QtSql", "PySide6.QtTest", "PySide6.QtXml", "PySide6.QtConcurrent", "PySide6.QtUiTools",
    "PyQt5", "PyQt6", "PySide2", "nibabel.benchmarks", "setuptools", "pip", "pkg_resources", "lib2to3", "idlelib",
)  # fmt: skip

LEFT_OUT_FILES = (
    # torch: headers, tests, compilers of extensions, libraries to link against
    "torch/include/*", "torch/test/*", "torch/bin/*", "torch/share/*", "torch/lib/*.a", "torch/lib/*.lib",
    "torch/testing/_internal/common_m*", "torch/testing/_internal/opinfo/*", "torch/testing/_internal/distributed/*",
    "torch/testing/_internal/generated/*", "torch/utils/benchmark/*", "torch/utils/tensorboard/*",
    "torch/utils/model_dump/*", "torch/lib/libjitbackend_test.so",
    "torch/lib/libbackend_with_compiler.so", "torch/lib/libtorchbind_test.so",
    # MONAI: what runs its own command lines and applications
    "monai/auto3dseg/*", "monai/bundle/*", "monai/fl/*", "monai/nvflare/*",
    # Qt: languages of tools that are not there, QML, databases, the virtual keyboard
    "PySide6/Qt/qml/*", "PySide6/Qt/plugins/sqldrivers/*", "PySide6/Qt/plugins/qmltooling/*",
    "PySide6/Qt/plugins/virtualkeyboard/*", "PySide6/Qt/plugins/qmllint/*", "PySide6/Qt/plugins/designer/*",
    "PySide6/Qt/plugins/platforminputcontexts/libqtvirtualkeyboard*", "PySide6/Qt/translations/*",
    "*libQt6Qml*", "*libQt6Quick*", "*libQt6VirtualKeyboard*", "*libQt6Designer*", "*libQt6Sql*", "*libQt6Help*",
    "*Qt6Qml*.dll", "*Qt6Quick*.dll", "*Qt6VirtualKeyboard*.dll", "*opengl32sw.dll", "PySide6/*.pyi", "torch/*.pyi",
    # screens without a desktop; and Wayland, whose libraries are not on every desktop: X11 runs there, too
    "PySide6/Qt/plugins/egldeviceintegrations/*", "PySide6/Qt/plugins/platforms/libqeglfs*", "*libQt6EglF[sS]*",
    "PySide6/Qt/plugins/platforms/libqwayland*", "PySide6/Qt/plugins/platforms/libqlinuxfb*",
    "PySide6/Qt/plugins/wayland-*", "*libQt6Wayland*", "*libQt6Wl*",
    # the look of GTK for Qt, with GTK itself: whoever has GTK has its file dialogs through the portal as well
    "PySide6/Qt/plugins/platformthemes/libqgtk3.so", "libgtk-3.*", "libgdk-3.*", "libgdk_pixbuf*", "libcairo*",
    "libatk*", "libpango*", "libthai*", "libdatrie*", "libfribidi*", "libepoxy*", "libatspi*",
    # test suites and examples of all
    "*/tests/*", "*/test/*", "*/testing/*.npz", "skimage/data/*", "pyqtgraph/examples/*", "sklearn/datasets/data/*",
    "sklearn/datasets/descr/*", "sklearn/datasets/images/*", "tensorboard/webfiles.zip", "nibabel/nicom/tests/*",
    "scipy/*/tests/*", "pydicom/data/test_files/*", "pydicom/data/charset_files/*",
)  # fmt: skip
KEPT_ALL_THE_SAME = ("torch/bin/torch_shm_manager*", "numpy/testing/*", "skimage/data/__init__*", "skimage/data/_*.py*")
"""Imported by others, though their names say test or data."""


_METADATA, _OWN_METADATA = "*.dist-info/*", "voxelwright-"
"""Of libraries: About shows their licences, and some lie in folders named test. The program's own are in its layer."""


def may_be_stripped(name: str) -> bool:
    """Whether symbols for debuggers can be taken out of a library of the runtime; they are a tenth of its size.

    Libraries that a wheel has brought along under changed names (``….libs``) do not always survive that.
    """
    path = PurePosixPath(name)
    own = path.parts[0] in ("torch", "PySide6", "shiboken6") or any(part.endswith(".libs") for part in path.parts)
    extension = path.name.endswith((".abi3.so", "-gnu.so")) or path.name.startswith("libpython3")
    return extension and not own


def is_wanted(name: str) -> bool:
    """Whether a file goes into the runtime.

    Args:
        name: Where it would lie, from the runtime's folder on.
    """
    path = PurePosixPath(name.replace("\\", "/")).as_posix()
    if fnmatch.fnmatch(path, _METADATA):
        return not path.startswith(_OWN_METADATA)
    if any(fnmatch.fnmatch(path, pattern) for pattern in KEPT_ALL_THE_SAME):
        return True
    return not any(fnmatch.fnmatch(path, pattern) for pattern in LEFT_OUT_FILES)


def is_of_the_program(module: str) -> bool:
    """Whether a module belongs to the app layer, not to the runtime."""
    return module == PROGRAM or module.startswith(f"{PROGRAM}.")
