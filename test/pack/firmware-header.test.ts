import { expect, test } from 'vitest'
import { firmwareHeader } from '../../src-main/pack/firmware-header.ts'

// After a change to the table, `npm run vitest -- run test/pack -u` writes the header anew.
test('tm_layout.h is in step with the layout table', async () => {
  await expect(firmwareHeader()).toMatchFileSnapshot('../../firmware/include/tm_layout.h')
})
