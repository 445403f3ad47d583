"""What the window itself offers."""

from __future__ import annotations

from desktop_app.gui.actions.action_info import ActionInfo

_PROJECT, _EDIT, _LEARN, _HELP = "Project", "Editing", "Models", "Help and window"

MAIN_ACTIONS: tuple[ActionInfo, ...] = (
    ActionInfo("project.new", "New project…", "new", ("Ctrl+N",), "Make a project for your images.", _PROJECT),
    ActionInfo("project.open", "Open project…", "open", ("Ctrl+O",), "Open a project folder (.vwproj).", _PROJECT),
    ActionInfo("project.sample", "Sample project", "sample", (), "Make a small project to play with.", _PROJECT),
    ActionInfo("project.close", "Close project", "home", ("Ctrl+W",), "Save and go back to the start page.", _PROJECT),
    ActionInfo("project.save", "Save now", "save", ("Ctrl+S",), "Labels are also saved automatically.", _PROJECT),
    ActionInfo(
        "project.add_images", "Add images…", "add-image", ("Ctrl+I",), "Add image files to the project.", _PROJECT
    ),
    ActionInfo(
        "project.add_folder",
        "Add a folder of images…",
        "add-folder",
        ("Ctrl+Shift+I",),
        "Add every image of a folder.",
        _PROJECT,
    ),
    ActionInfo(
        "project.add_web",
        "Add image from a web address…",
        "add-web",
        (),
        "Look at an OME-Zarr image on a web server; it is read piece by piece and never copied as a whole.",
        _PROJECT,
    ),
    ActionInfo(
        "project.paste",
        "Paste image",
        "paste",
        ("Ctrl+V",),
        "Add the image files, or the image at the web address, that you copied elsewhere.",
        _PROJECT,
    ),
    ActionInfo(
        "project.import_labels",
        "Import labels…",
        "import",
        (),
        "Copy labels from a file onto the open image.",
        _PROJECT,
    ),
    ActionInfo(
        "project.look_at_labels",
        "Look at a label file…",
        "layers",
        (),
        "Lay a label file over the open image; the labels stay as they are.",
        _PROJECT,
    ),
    ActionInfo(
        "project.import_many",
        "Import labels by name…",
        "import",
        ("Ctrl+Shift+L",),
        "Copy labels from a folder onto the images of the project whose names fit.",
        _PROJECT,
    ),
    ActionInfo(
        "project.export_labels", "Export labels…", "export", ("Ctrl+E",), "Save the labels as an image file.", _PROJECT
    ),
    ActionInfo(
        "project.labels_inside",
        "Open labels inside the image…",
        "labels-inside",
        (),
        "Make labels that lie inside the open OME-Zarr image its labels, to look at and change them.",
        _PROJECT,
    ),
    ActionInfo(
        "project.write_back",
        "Write labels back…",
        "write-back",
        (),
        "Write the labels into the OME-Zarr image that they came from; a copy of the old ones is kept.",
        _PROJECT,
    ),
    ActionInfo(
        "project.convert",
        "Convert images…",
        "convert",
        (),
        "Write images in another format, with their axes, voxel size and names; what would be lost is said before.",
        _PROJECT,
    ),
    ActionInfo(
        "project.pick_patches",
        "Pick patches to label…",
        "rectangle",
        (),
        "Copy small pieces of the open image into the project, to label them wholly and learn from them.",
        _PROJECT,
    ),
    ActionInfo(
        "project.patches",
        "Patches…",
        "dataset",
        (),
        "Look at all patches of the project, with what is around them and which are done; improve a model with them.",
        _PROJECT,
    ),
    ActionInfo(
        "project.properties",
        "Image properties…",
        "properties",
        ("Alt+Return",),
        "Voxel size, file and notes of the open image.",
        _PROJECT,
    ),
    ActionInfo(
        "project.reading",
        "Axes and voxel size…",
        "voxel",
        (),
        "Say what the axes of the open image are, which image of its file is meant, and how large a voxel is.",
        _PROJECT,
    ),
    ActionInfo(
        "project.copy",
        "Fast browsing…",
        "fast",
        (),
        "Prepare a copy of the open image that is quick to browse, or delete it.",
        _PROJECT,
    ),
    ActionInfo("project.notes", "Project notes…", "notes", (), "Write down what the project is about.", _PROJECT),
    ActionInfo("app.quit", "Quit", "close", ("Ctrl+Q",), "Save everything and leave.", _HELP),
    ActionInfo("edit.undo", "Undo", "undo", ("Ctrl+Z",), "Take back the last change of the labels.", _EDIT),
    ActionInfo("edit.redo", "Redo", "redo", ("Ctrl+Y", "Ctrl+Shift+Z"), "Do it again.", _EDIT),
    ActionInfo(
        "models.find", "Find nuclei now…", "predict", ("Ctrl+Shift+N",), "In any image, without training.", _LEARN
    ),
    ActionInfo("models.list", "Models…", "model", ("Ctrl+M",), "Look at, import and export models.", _LEARN),
    ActionInfo("app.settings", "Settings…", "settings", ("Ctrl+,",), "Colours, memory, device, shortcuts.", _HELP),
    ActionInfo(
        "app.palette", "Find a command…", "search", ("Ctrl+K",), "Every command in one list, to search in.", _HELP
    ),
    ActionInfo("help.manual", "Manual", "manual", ("F1",), "How everything works, with pictures.", _HELP),
    ActionInfo(
        "help.shortcuts", "Keyboard shortcuts", "shortcuts", ("?", "Ctrl+/"), "Every shortcut, to search in.", _HELP
    ),
    ActionInfo(
        "help.device",
        "Check this computer…",
        "device",
        (),
        "What it has, where models are computed, and how much a GPU helps.",
        _HELP,
    ),
    ActionInfo("help.gpu", "Get GPU support…", "download", (), "Fetch what computing on an NVIDIA GPU needs.", _HELP),
    ActionInfo("help.update", "Look for updates…", "import", (), "Ask whether there is a newer version.", _HELP),
    ActionInfo("help.log", "Show log folder", "log", (), "Where the program writes down what it does.", _HELP),
    ActionInfo("help.about", "About Voxelwright", "about", (), "Version, libraries and licences.", _HELP),
    ActionInfo("view.jobs", "Jobs", "jobs", ("Ctrl+J",), "Show or hide the job panel.", _HELP, checkable=True),
    ActionInfo(
        "view.project", "Project panel", "project", ("F9",), "Show or hide the project tree.", _HELP, checkable=True
    ),
    ActionInfo("view.panels", "Side panels", "layers", ("F10",), "Show or hide the panels.", _HELP, checkable=True),
    ActionInfo("view.next_part", "Next part of the window", "next", ("F6",), "Tab then goes on within it.", _HELP),
    ActionInfo("view.previous_part", "Previous part of the window", "previous", ("Shift+F6",), "And back.", _HELP),
    ActionInfo("view.fullscreen", "Full screen", "fit", ("F11",), "Use the whole screen.", _HELP, checkable=True),
)
