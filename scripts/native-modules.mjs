// Packages with a binary beside their code: no bundle contains them, and a package of the app carries them as they are.
export const NATIVE_MODULES = ['better-sqlite3', 'usb', 'onnxruntime-node', 'serialport', '@lydell/node-pty']
