// Every error code with the hint that a person can act on. A test keeps the two together.
// Sorted by where they come from; add yours to its section.

export const ERROR_CODES = {
  // ---- anywhere
  INTERNAL: 'This is a fault in Thimble. Copy the diagnostics and report it with what you did last.',
  CANCELLED: 'Nothing to do: you cancelled this. Start it again when you want it.',
  USAGE: 'Run the command with --help to see what it takes.',
  CONSENT_MISSING: 'If you mean it, run the command again with --yes. thimble board backup keeps what can be read.',
  FILE_NOT_FOUND: 'Check the path and that the file still exists.',
  FILE_UNREADABLE: 'Check the permissions of the file, and that the drive is still there.',
  EXPORT_FOLDER_TAKEN:
    'Choose a new or empty folder. --force replaces a project that an earlier export wrote, and nothing else.',
  DISK_FULL:
    'Free some space on the drive, or choose another storage folder, then run it again. Nothing that was stored before is lost.',

  // ---- models
  MODEL_FORMAT_UNKNOWN: 'Thimble reads .tflite files so far. Convert the model, or pick one of the built-in ones.',
  MODEL_CORRUPT: 'The file is damaged or cut short. Export or copy it again.',
  MODEL_OPS_UNSUPPORTED: 'Replace the named ops before export, or pick a model without them. Nothing was flashed.',
  MODEL_DTYPE_UNSUPPORTED: 'Quantize the model to int8 (thimble compress), or export it as int8.',
  MODEL_INVALID: 'The graph breaks a rule of its own format. Export it again with a current converter.',
  MODEL_TOO_LARGE:
    'Choose a smaller model, prune it, or a board with more memory. The largest tensors are named above.',
  STACK_TOO_SMALL: "Run it with --plain: the firmware's C kernels need no more stack than it keeps for itself.",
  INPUT_SIZE_WRONG:
    "RAW holds the model's input tensor as little-endian bytes in its own type and layout. Use --input-float for float32 values.",
  ACCUMULATOR_OVERFLOW:
    'The weights and bias of this layer can overflow 32 bits. Quantize it again with a calibration set that covers its range.',

  // ---- training and data
  DATA_INVALID: 'Check the data named above, or use a built-in task.',
  RECIPE_UNKNOWN: 'Use one of the recipes that thimble compress --help lists.',
  TRAINING_DIVERGED:
    'Lower the learning rate or check the data for values that are not finite. The last good weights are kept.',
  CALIBRATION_EMPTY: 'Give at least 100 calibration samples.',

  // ---- verification
  VERIFY_FAILED: 'Open the per-layer table: the first layer over its gate names the likely cause.',

  // ---- boards
  BOARD_UNKNOWN: 'Run thimble boards to see the ids that exist now.',
  BOARD_UNSUPPORTED: 'Use a virtual board, or a board of a chip that this version supports.',
  BOARD_GONE: 'Check the cable and the power, then connect again. Nothing is called written unless it was verified.',
  BOARD_TIMEOUT: 'The board does not answer. Reset it, check that it holds Thimble firmware, then try again.',
  BOARD_NO_FIRMWARE: 'Flash the model again: that also writes the firmware.',
  BOARD_FAULT: 'The firmware stopped in a fault. Reset the board; if it comes back, report the registers shown.',
  BOARD_WRONG_CHIP: 'The chip that answers is not the one chosen. Pick the board that is really connected.',
  BOARD_PROTECTED:
    'The chip is read-out protected. thimble board unprotect ID --yes takes that off and erases all of its flash.',
  BOARD_LOCKED_FOR_GOOD:
    'Replace the chip or use another board: read-out protection of level 2 can never be taken off.',
  BACKUP_WRONG: 'Give a file that thimble board backup wrote from a board with the same chip, as it was written.',
  BLOB_UNTRUSTED:
    "Flash the model's own file instead: its code is made anew. If you know the signer, thimble keys trust KEY NAME; to write it all the same, add --trust.",
  SIGNING_KEY_WRONG:
    'See the files in the folder keys of the storage folder. Without own.pem a new key is made, and known.json may be left out.',
  SERIAL_UNKNOWN: 'Check the path and the cable: /dev/ttyACM0 or /dev/ttyUSB0 on Linux, COM3 on Windows.',
  SERIAL_PERMISSION:
    'On Debian serial ports belong to the group dialout: sudo usermod -aG dialout $USER, then log in again.',
  SERIAL_IN_USE: 'Close the other program that uses this port (a terminal, a modem manager, another Thimble).',
  SERIAL_FAILED: 'Check that this is a serial port and that it knows the baud rate; unplug it and plug it in again.',
  SERIAL_NO_PROBE:
    'Use the probe of this board (stlink:SERIAL, see thimble boards); infer alone works over serial:PATH.',
  SERIAL_RATE: 'Leave @BAUD out (115200), use a lower rate or a shorter cable. The line goes on at 115200 baud.',
  UART_LINK_TAKEN: 'Choose another path for --uart, in a folder where you may write.',
  BOARD_OTHER_MODEL: 'Flash this model through the probe first (thimble flash), then use it over the serial line.',
  MLPERF_MODEL_UNKNOWN:
    'Give an int8 model with the input and output sizes of kws01 (490, 12), ic01 (3072, 10), vww01 (27648, 2) or ad01 (640, 640). thimble bench without --mlperf takes any model.',
  MLPERF_REFUSED:
    'Flash the model again with this version (thimble flash), and try once more: a serial line may have damaged a command.',
  MLPERF_NEEDS_SERIAL:
    "Flash the model through the probe (thimble flash), then name the board's serial port: --board serial:/dev/ttyACM0.",
  PORT_IN_USE: 'Choose another port, or 0 for any that is free.',
  PROBE_PERMISSION:
    "Install Thimble's udev rules (assets/udev/60-thimble.rules in /etc/udev/rules.d), then plug the probe in again.",
  PROBE_AMBIGUOUS: 'Unplug all but one of these probes, or name one by its whole id as thimble boards lists it.',
  PROBE_IN_USE:
    'Close the other program that uses this probe (OpenOCD, STM32CubeIDE, another Thimble), then try again.',
  PROBE_MODE:
    'The probe waits for a firmware update. Unplug it and plug it in again, or finish the update with ST tools.',
  PROBE_OLD_FIRMWARE: "Update the probe's firmware with ST's ST-LINK upgrade tool, then plug it in again.",
  PROBE_FAILED: 'Unplug the probe and plug it in again. If it comes back, another cable or USB port may help.',
  TARGET_UNPOWERED: 'The probe sees no supply voltage on the target. Power the board and check the wire of VTref.',
  TARGET_UNREACHABLE:
    'Check the wires to SWDIO, SWCLK and ground. A program that sleeps or reuses these pins is caught by connecting under reset, with nRST wired, or does not start while BOOT0 is high. A chip of read-out protection level 2 never answers.',
  LINK_CORRUPT: 'Frames arrive damaged. Check the cable; for serial, lower the baud rate.',
  MODEL_REJECTED:
    'The firmware refused the packed model. Flash it again; if it comes back, the firmware and Thimble versions differ.',
  FLASH_FAILED:
    'Flash could not be written. Reset the board and try again; nothing is called written unless it was verified.',
  FLASH_LOADER_FAILED:
    'Flash again: what was half written is erased first. If it comes back, look for what resets or disturbs the chip: a watchdog, a weak supply, another debugger.',
  FLASH_FOREIGN:
    'Look at the sectors named above. If they may be erased, run it again and agree (command line: --yes).',
  FLASH_VERIFY_FAILED:
    'What was read back differs from what was written. Try again; if it comes back, the flash is worn or the supply is weak.',
  TARGET_FAULT: 'The program stopped in a fault on the virtual board. The registers above say where.',
  ELF_INVALID: 'Give a 32-bit little-endian ARM ELF linked for the chosen board.',
  INSTRUCTION_LIMIT: 'The program ran longer than its instruction limit. Raise it with --max-instructions.',

  // ---- store and jobs
  STORE_IN_USE:
    'Another Thimble window has this database open. Close it, or start this one with another storage folder.',
  STORE_CORRUPT: 'Restore the database from a backup. Thimble has not changed it.',
  STORE_NEWER: 'This database was written by a newer Thimble. Update Thimble to open it.',
  STORE_RUNTIME:
    'Start Thimble with npm start or npm run thimble: they bring a runtime that the database module can load.',
  RUN_UNKNOWN: 'Run thimble runs list to see the ids that exist.',
  JOB_RUNNING: 'Wait until it has ended, or cancel it on the Job screen.',
  JOB_CRASHED: 'The job process ended by itself. Its run is kept and marked; start it again.',
} as const

export type ErrorCode = keyof typeof ERROR_CODES
