// The one window. Its title bar is drawn by the page; the system draws the three buttons over it.

import { BrowserWindow, nativeTheme, screen } from 'electron'
import type { ErrorDto } from '../base/errors.ts'
import { iconFile, preloadFile, windowStateFile } from './paths.ts'
import { startAddress } from './protocol.ts'
import { DESIGN_SIZE, MINIMUM_SIZE, readWindowState, usableBounds, writeWindowState } from './window-state.ts'

/** Height and colours of the page's title bar, from tokens.css: --titlebar, --bg-panel, --text-2. */
const TITLE_BAR_HEIGHT = 44
const TITLE_BAR_COLOURS = {
  light: { color: '#fbfaf7', symbolColor: '#464c49' },
  dark: { color: '#171b19', symbolColor: '#b9c0bb' },
}
const BACKGROUND = { light: '#ebe9e2', dark: '#0e1110' }

const scheme = () => (nativeTheme.shouldUseDarkColors ? 'dark' : 'light')

export function createMainWindow(developmentAddress: string | null): BrowserWindow {
  const remembered = readWindowState(windowStateFile())
  const place = usableBounds(
    remembered?.bounds,
    screen.getAllDisplays().map((display) => display.workArea),
  )
  const window = new BrowserWindow({
    ...DESIGN_SIZE,
    ...place,
    minWidth: MINIMUM_SIZE.width,
    minHeight: MINIMUM_SIZE.height,
    show: false,
    title: 'Thimble',
    icon: iconFile,
    backgroundColor: BACKGROUND[scheme()],
    titleBarStyle: 'hidden',
    titleBarOverlay: { ...TITLE_BAR_COLOURS[scheme()], height: TITLE_BAR_HEIGHT - 1 },
    webPreferences: {
      preload: preloadFile,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
    },
  })
  if (remembered?.maximized) window.maximize()
  window.once('ready-to-show', () => window.show())

  const followTheme = () => {
    window.setBackgroundColor(BACKGROUND[scheme()])
    if (process.platform !== 'darwin') window.setTitleBarOverlay(TITLE_BAR_COLOURS[scheme()])
  }
  nativeTheme.on('updated', followTheme)
  window.on('close', () =>
    writeWindowState(windowStateFile(), { bounds: window.getNormalBounds(), maximized: window.isMaximized() }),
  )
  window.on('closed', () => nativeTheme.off('updated', followTheme))
  // a page that crashed is loaded again: the job goes on meanwhile, and its events are kept
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit') window.reload()
  })

  void window.loadURL(developmentAddress ?? startAddress)
  return window
}

/** Says why Thimble can't start, in the look of its other errors, without needing a store or a bridge. */
export function createFailureWindow({ code, message, hint }: ErrorDto, developmentAddress: string | null): void {
  const window = new BrowserWindow({
    width: 640,
    height: 300,
    resizable: false,
    title: 'Thimble',
    icon: iconFile,
    backgroundColor: BACKGROUND[scheme()],
    autoHideMenuBar: true,
    webPreferences: { contextIsolation: true, sandbox: true, nodeIntegration: false },
  })
  const failure = new URLSearchParams({ code, message, hint })
  void window.loadURL(`${developmentAddress ?? startAddress}#${failure.toString()}`)
}
