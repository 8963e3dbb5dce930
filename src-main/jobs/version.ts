import { version } from '../../package.json'

/** Goes beside every measurement. */
export const THIMBLE_VERSION = version
