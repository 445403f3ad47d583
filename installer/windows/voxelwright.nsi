; The Windows installer: for one user, without administrator's rights. makensis on any system compiles it:
;   makensis -DVERSION=0.1.0 -DPROGRAM=folder -DRUNTIME=runtime-0123456789ab -DOUTPUT=file.exe -DLICENCE=LICENSE
;     -DIMAGE_TYPES=file voxelwright.nsi
; IMAGE_TYPES is written by installer/file_types.py: the endings of images, for which “Open with” offers the program.
;
; Silent: Voxelwright-VERSION-windows.exe /S [/D=folder], and uninstall.exe /S. Projects, models and settings of the
; user are never touched: they do not lie in the installation's folder.
!ifdef WIDE
  Target amd64-unicode  ; where this makensis has it: a program of 64 bits, which needs nothing else
!endif
Unicode true
ManifestSupportedOS all
ManifestLongPathAware true
RequestExecutionLevel user
SetCompressor /SOLID lzma
Name "Voxelwright"
OutFile "${OUTPUT}"
InstallDir "$LOCALAPPDATA\Programs\Voxelwright"
InstallDirRegKey HKCU "Software\Voxelwright" "Folder"
BrandingText "Voxelwright ${VERSION}"
VIProductVersion "${VERSION}.0"
VIAddVersionKey "ProductName" "Voxelwright"
VIAddVersionKey "FileDescription" "Voxelwright installer"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "LegalCopyright" "The Voxelwright developers, BSD 3-Clause"
!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Voxelwright"
!define TYPES "Software\Classes"
!define IMAGE "${TYPES}\Voxelwright.Image"
!define PROGRAM_TYPES "${TYPES}\Applications\voxelwright.exe"
!include "MUI2.nsh"
!include "FileFunc.nsh"
!include "${IMAGE_TYPES}"
!define MUI_ABORTWARNING
!insertmacro MUI_PAGE_LICENSE "${LICENCE}"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_RUN "$INSTDIR\${RUNTIME}\voxelwright.exe"
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

!macro OfferImageType ENDING
  WriteRegStr HKCU "${TYPES}\${ENDING}\OpenWithProgids" "Voxelwright.Image" ""
  WriteRegStr HKCU "${PROGRAM_TYPES}\SupportedTypes" "${ENDING}" ""
!macroend

; What other programs wrote of the same ending stays.
!macro ForgetImageType ENDING
  DeleteRegValue HKCU "${TYPES}\${ENDING}\OpenWithProgids" "Voxelwright.Image"
  DeleteRegKey /ifempty HKCU "${TYPES}\${ENDING}\OpenWithProgids"
  DeleteRegKey /ifempty HKCU "${TYPES}\${ENDING}"
!macroend

; A program that runs holds its files; say so before anything is changed.
Function .onInit
  IfFileExists "$INSTDIR\running.lock" 0 free
    Delete "$INSTDIR\running.lock"
    IfFileExists "$INSTDIR\running.lock" 0 free
      IfSilent +2
      MessageBox MB_OK|MB_ICONEXCLAMATION "Voxelwright is running. Close it, then start the installer again."
      SetErrorLevel 3
      Quit
  free:
FunctionEnd

Section "Voxelwright"
  ; The new files come under another name first, so that a full disk leaves the old program whole.
  SetOverwrite on
  ClearErrors
  RMDir /r "$INSTDIR.new"
  SetOutPath "$INSTDIR.new"
  File /r "${PROGRAM}/*.*"
  IfErrors 0 unpacked
    RMDir /r "$INSTDIR.new"
    SetErrorLevel 4
    Abort "The program could not be unpacked; is the disk full? Nothing was changed."
  unpacked:
  SetOutPath "$TEMP"
  RMDir /r "$INSTDIR.old"
  IfFileExists "$INSTDIR\*.*" 0 +2
    Rename "$INSTDIR" "$INSTDIR.old"
  Rename "$INSTDIR.new" "$INSTDIR"
  IfFileExists "$INSTDIR\app\*.*" placed 0
    Rename "$INSTDIR.old" "$INSTDIR"
    SetErrorLevel 5
    Abort "The program could not be put in its place; is it running? The version before it stays."
  placed:
  RMDir /r "$INSTDIR.old"
  SetOutPath "$INSTDIR"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  WriteRegStr HKCU "Software\Voxelwright" "Folder" "$INSTDIR"
  CreateDirectory "$SMPROGRAMS\Voxelwright"
  CreateShortcut "$SMPROGRAMS\Voxelwright\Voxelwright.lnk" "$INSTDIR\${RUNTIME}\voxelwright.exe"
  CreateShortcut "$SMPROGRAMS\Voxelwright\Remove Voxelwright.lnk" "$INSTDIR\uninstall.exe"

  WriteRegStr HKCU "${TYPES}\.vwproj" "" "Voxelwright.Project"
  WriteRegStr HKCU "${TYPES}\Voxelwright.Project" "" "Voxelwright project"
  WriteRegStr HKCU "${TYPES}\Voxelwright.Project\DefaultIcon" "" "$INSTDIR\${RUNTIME}\voxelwright.exe,0"
  WriteRegStr HKCU "${TYPES}\Voxelwright.Project\shell\open\command" "" '"$INSTDIR\${RUNTIME}\voxelwright.exe" "%1"'
  WriteRegStr HKCU "${TYPES}\.vwmodel" "" "Voxelwright.Model"
  WriteRegStr HKCU "${TYPES}\Voxelwright.Model" "" "Voxelwright model"
  WriteRegStr HKCU "${TYPES}\Voxelwright.Model\DefaultIcon" "" "$INSTDIR\${RUNTIME}\voxelwright.exe,0"
  WriteRegStr HKCU "${TYPES}\Voxelwright.Model\shell\open\command" "" '"$INSTDIR\${RUNTIME}\voxelwright.exe" "%1"'

  ; Images are offered to be opened with the program, which does not become the one that opens them by itself.
  WriteRegStr HKCU "${IMAGE}" "" "Image"
  WriteRegStr HKCU "${IMAGE}\DefaultIcon" "" "$INSTDIR\${RUNTIME}\voxelwright.exe,0"
  WriteRegStr HKCU "${IMAGE}\shell\open\command" "" '"$INSTDIR\${RUNTIME}\voxelwright.exe" "%1"'
  WriteRegStr HKCU "${PROGRAM_TYPES}" "FriendlyAppName" "Voxelwright"
  WriteRegStr HKCU "${PROGRAM_TYPES}\shell\open\command" "" '"$INSTDIR\${RUNTIME}\voxelwright.exe" "%1"'
  !insertmacro ImageTypes OfferImageType

  WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Voxelwright"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Voxelwright developers"
  WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\${RUNTIME}\voxelwright.exe"
  WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
  WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  IntFmt $0 "0x%08X" $0
  WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" "$0"
SectionEnd

Section "Uninstall"
  ; Only a folder that holds the program is removed.
  IfFileExists "$INSTDIR\app\app.json" +3 0
    SetErrorLevel 6
    Abort "This is not the folder of Voxelwright."
  SetOutPath "$TEMP"
  RMDir /r "$INSTDIR"
  Delete "$SMPROGRAMS\Voxelwright\Voxelwright.lnk"
  Delete "$SMPROGRAMS\Voxelwright\Remove Voxelwright.lnk"
  RMDir "$SMPROGRAMS\Voxelwright"
  DeleteRegKey HKCU "${TYPES}\.vwproj"
  DeleteRegKey HKCU "${TYPES}\.vwmodel"
  DeleteRegKey HKCU "${TYPES}\Voxelwright.Project"
  DeleteRegKey HKCU "${TYPES}\Voxelwright.Model"
  DeleteRegKey HKCU "${IMAGE}"
  DeleteRegKey HKCU "${PROGRAM_TYPES}"
  !insertmacro ImageTypes ForgetImageType
  DeleteRegKey HKCU "${UNINSTALL}"
  DeleteRegKey HKCU "Software\Voxelwright"
SectionEnd
