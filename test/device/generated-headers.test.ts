import { expect, test } from 'vitest'
import { printCHeader } from '../../src-main/base/c-header.ts'
import { imageHeaderC } from '../../src-main/device/image-header.ts'
import { linkProtocolC } from '../../src-main/device/link-protocol.ts'
import { loaderC } from '../../src-main/device/loader-layout.ts'
import { mlperfC } from '../../src-main/device/mlperf-protocol.ts'

// `vitest run -u` writes the headers; without -u a header that is out of step fails.
test.each([imageHeaderC, linkProtocolC, loaderC, mlperfC])('$file is what its table prints', async (header) => {
  await expect(printCHeader(header)).toMatchFileSnapshot(`../../firmware/include/${header.file}`)
})
