"""The one stylesheet of the application."""

from __future__ import annotations

from string import Template

from desktop_app.gui.theme.colors import Colors
from desktop_app.gui.theme.resource_files import resource

_BASE = """
* { outline: none; }
QWidget { color: $text; }
QMainWindow, QDialog, QWizard { background: $window; }
QToolTip { background: $raised; color: $text; border: 1px solid $border_strong; padding: 5px 7px; }
QLabel { background: transparent; }
QLabel[role="title"] { font-size: 20px; font-weight: 600; }
QLabel[role="heading"] { font-size: 14px; font-weight: 600; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="error"] { color: $danger; }
QLabel[role="warning"] { color: $warning; }
QLabel[role="mono"] { font-family: monospace; }
QLabel[role="badge"] { background: $accent_soft; color: $text; border-radius: 8px; padding: 1px 8px; font-size: 11px; }
QMessageBox QLabel { padding: 4px 10px 0 4px; min-width: 300px; }
QMessageBox QLabel#qt_msgbox_label { font-size: 14px; font-weight: 600; }
QLabel:disabled { color: $disabled; }
QFrame[role="card"] { background: $surface; border: 1px solid $border; border-radius: 8px; }
QFrame[role="row"] { border-radius: 6px; border: 1px solid transparent; }
QFrame[role="row"]:hover { background: $hover; }
QFrame[role="row"]:focus { border-color: $accent; }
QFrame[role="bar"] { background: $raised; border: none; border-bottom: 1px solid $border; }
QFrame[role="rail"] { background: $raised; border: none; }
QFrame[role="toast"] { background: $raised; border: 1px solid $border_strong; border-radius: 8px; }
QFrame[role^="banner"] { background: $raised; border: 1px solid $border; border-left: 3px solid $accent;
  border-radius: 4px; }
QFrame[role="banner-warning"] { border-left-color: $warning; }
QFrame[role="banner-error"] { border-left-color: $danger; }
QFrame[role="banner-success"] { border-left-color: $success; }
QGroupBox { background: $surface; border: 1px solid $border; border-radius: 8px; margin-top: 22px; padding: 10px; }
QGroupBox::title { subcontrol-origin: margin; left: 2px; padding: 2px 0; font-weight: 600; }
QFrame[frameShape="4"], QFrame[frameShape="5"] { color: $border; }
QScrollArea, QScrollArea > QWidget > QWidget[role="plain"] { background: transparent; border: none; }
QSplitter::handle { background: $window; }
QSplitter::handle:hover { background: $accent_soft; }
QSplitter::handle:horizontal { width: 5px; }
QSplitter::handle:vertical { height: 5px; }
"""

_BUTTONS = """
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QPushButton { background: $surface; border: 1px solid $border_strong; border-radius: 6px; padding: 5px 14px;
  min-height: 20px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $border; }
QPushButton:focus { border-color: $accent; }
QPushButton:checked { background: $accent_soft; border-color: $accent; }
QPushButton:disabled { color: $disabled; border-color: $border; background: $window; }
QPushButton:default, QPushButton[role="primary"] { background: $accent; border-color: $accent; color: $on_accent; }
QPushButton[role="primary"] { font-weight: 600; }
QPushButton:default:hover, QPushButton[role="primary"]:hover { background: $accent_hover;
  border-color: $accent_hover; }
QPushButton:default:focus, QPushButton[role="primary"]:focus { border-color: $text; }
QPushButton:default:disabled, QPushButton[role="primary"]:disabled { background: $border; border-color: $border;
  color: $disabled; }
QPushButton[role="danger"] { background: $surface; border-color: $danger; color: $danger; }
QPushButton[role="danger"]:hover { background: $danger; color: $surface; }
QPushButton[role="flat"] { background: transparent; border-color: transparent; padding: 5px 8px; }
QPushButton[role="flat"]:hover { background: $hover; }
QPushButton[role="flat"]:focus { border-color: $accent; }
QPushButton[role="link"] { background: transparent; border: none; color: $accent; padding: 2px 0; text-align: left; }
QPushButton[role="link"]:hover { color: $accent_hover; text-decoration: underline; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 5px; padding: 4px; }
QToolButton:hover { background: $hover; }
QToolButton:pressed { background: $border; }
QToolButton:checked { background: $accent_soft; border-color: $accent; }
QToolButton:disabled { color: $disabled; }
QToolButton:focus { border-color: $accent; }
QToolButton[tile] { background: $surface; border: 1px solid $border; border-radius: 8px; }
QToolButton[tile="primary"] { border: 1px solid $accent; }
QToolButton[tile]:hover { background: $hover; border-color: $accent; }
QToolButton[tile]:pressed { background: $accent_soft; }
QToolButton::menu-indicator { image: none; }
QToolButton[popupMode="1"] { padding-right: 16px; }
QToolButton::menu-button { border: none; width: 14px; }
QToolButton::menu-arrow { image: url($icons/down.png); width: 10px; height: 10px; }
QCheckBox, QRadioButton { spacing: 7px; background: transparent; min-height: 20px; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QCheckBox::indicator, QRadioButton::indicator, QTreeView::indicator, QTableView::indicator, QListView::indicator {
  width: 14px; height: 14px; border: 1px solid $border_strong; background: $field; border-radius: 4px; }
QRadioButton::indicator { border-radius: 8px; }
QCheckBox::indicator:hover, QRadioButton::indicator:hover { border-color: $accent; }
QCheckBox::indicator:focus, QRadioButton::indicator:focus { border-color: $accent; }
QCheckBox::indicator:checked, QTreeView::indicator:checked, QTableView::indicator:checked,
QListView::indicator:checked { background: $accent; border-color: $accent; image: url($icons/check.png); }
QCheckBox::indicator:indeterminate { background: $accent; border-color: $accent; image: url($icons/dash.png); }
QRadioButton::indicator:checked { background: $accent; border-color: $accent; image: url($icons/dot.png); }
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled { border-color: $border; background: $window; }
"""

_FIELDS = """
QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox, QKeySequenceEdit {
  background: $field; border: 1px solid $border_strong; border-radius: 5px; padding: 3px 7px;
  selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit, QAbstractSpinBox, QComboBox { min-height: 20px; }
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover { border-color: $muted; }
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QAbstractSpinBox:focus, QComboBox:focus {
  border-color: $accent; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled, QPlainTextEdit:disabled {
  color: $disabled; background: $window; border-color: $border; }
QLineEdit[wrong="true"], QAbstractSpinBox[wrong="true"] { border-color: $danger; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: none; padding: 0; background: transparent; min-height: 0; }
QAbstractSpinBox { padding: 3px 18px 3px 0; }
QAbstractSpinBox QLineEdit { padding-left: 6px; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { border: none; width: 16px; background: transparent;
  subcontrol-origin: border; }
QAbstractSpinBox::up-button { subcontrol-position: top right; margin-top: 2px; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; margin-bottom: 2px; }
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover { background: $hover; }
QAbstractSpinBox::up-arrow { image: url($icons/up.png); width: 9px; height: 9px; }
QAbstractSpinBox::down-arrow { image: url($icons/down.png); width: 9px; height: 9px; }
QComboBox { padding-right: 20px; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url($icons/down.png); width: 10px; height: 10px; }
QComboBox QAbstractItemView { background: $surface; border: 1px solid $border_strong; padding: 3px;
  selection-background-color: $accent_soft; selection-color: $text; outline: none; }
QSlider { background: transparent; min-height: 20px; }
QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $border_strong; }
QSlider::sub-page:horizontal { height: 4px; border-radius: 2px; background: $accent; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -6px 0; border-radius: 8px; background: $surface;
  border: 2px solid $accent; }
QSlider::groove:vertical { width: 4px; border-radius: 2px; background: $border_strong; }
QSlider::handle:vertical { width: 14px; height: 14px; margin: 0 -6px; border-radius: 8px; background: $surface;
  border: 2px solid $accent; }
QSlider::handle:hover, QSlider::handle:focus { background: $accent; }
QSlider::sub-page:horizontal:disabled, QSlider::groove:disabled { background: $border; }
QSlider::handle:disabled { border-color: $border_strong; background: $window; }
QProgressBar { background: $border; border: none; border-radius: 4px; min-height: 8px; max-height: 8px; }
QProgressBar::chunk { background: $accent; border-radius: 4px; }
"""

_LISTS = """
QAbstractItemView { background: $surface; alternate-background-color: $raised; border: 1px solid $border;
  border-radius: 6px; selection-background-color: $accent_soft; selection-color: $text; }
QAbstractItemView:focus { border-color: $accent; }
QTabBar::tab:focus { color: $accent; }
QAbstractItemView::item { padding: 3px 4px; }
QAbstractItemView::item:hover { background: $hover; }
QAbstractItemView::item:selected { background: $accent_soft; color: $text; }
QTreeView[role="plain"], QListView[role="plain"] { border: none; border-radius: 0; }
QTreeView[role="plain"]:focus, QListView[role="plain"]:focus { border-left: 2px solid $accent; }
QTreeView::branch { background: transparent; }
QTreeView::branch:has-children:closed { image: url($icons/right.png); }
QTreeView::branch:has-children:open { image: url($icons/down.png); }
QHeaderView { background: $raised; border: none; }
QHeaderView::section { background: $raised; color: $muted; border: none; border-bottom: 1px solid $border;
  padding: 5px 8px; font-weight: 600; }
QTableView { gridline-color: $border; }
QTableCornerButton::section { background: $raised; border: none; }
QScrollBar:vertical { background: transparent; width: 11px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 11px; margin: 0; }
QScrollBar::handle { background: $border_strong; border-radius: 4px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page { background: none;
  border: none; width: 0; height: 0; }
"""

_WINDOW = """
QMenuBar { background: $raised; border-bottom: 1px solid $border; padding: 2px 4px; }
QMenuBar::item { background: transparent; padding: 4px 9px; border-radius: 4px; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $surface; border: 1px solid $border_strong; padding: 5px; }
QMenu::item { padding: 5px 26px 5px 8px; border-radius: 4px; }
QMenu::item:selected { background: $accent_soft; }
QMenu::item:disabled { color: $disabled; }
QMenu::icon { padding-left: 6px; }
QMenu::separator { height: 1px; background: $border; margin: 5px 6px; }
QToolBar { background: $raised; border: none; border-bottom: 1px solid $border; padding: 3px 6px; spacing: 2px; }
QToolBar::separator { background: $border; width: 1px; margin: 5px 5px; }
QStatusBar { background: $raised; border-top: 1px solid $border; color: $muted; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $muted; padding: 0 6px; }
QDockWidget { font-weight: 600; }
QDockWidget::title { background: $window; padding: 7px 9px; text-align: left; }
QDockWidget > QWidget { font-weight: 400; }
QTabWidget::pane { border: none; border-top: 1px solid $border; }
QTabBar { background: transparent; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $muted; border: none; border-bottom: 2px solid transparent;
  padding: 7px 9px; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QMainWindow::separator { background: $window; width: 5px; height: 5px; }
QMainWindow::separator:hover { background: $accent_soft; }
QWizard QWidget#qt_wizard_header { background: $surface; }
"""


def stylesheet(colors: Colors) -> str:
    """The Qt stylesheet in these colours."""
    icons = resource("icons", "dark" if colors.dark else "light").as_posix()
    text = "".join((_BASE, _BUTTONS, _FIELDS, _LISTS, _WINDOW))
    return Template(text).substitute(colors.by_name(), icons=icons)
