import { describe, expect, it } from 'vitest'
import { watchPlugged, type LookTimes, type PlugChange, type PlugEvents } from '../../src-main/device/hot-plug.ts'
import { listUsbProbes } from '../../src-main/device/usb-probes.ts'

interface Thing {
  id: string
  state: string
}

const NEVER = 60_000
const EVENTS_ALONE: LookTimes = { settle: [], told: NEVER, untold: NEVER }
const thing = (id: string, state = 'ready'): Thing => ({ id, state })

/** A watch over a list that the test changes; `told` waits for the next call of onChange. */
function watchOf(things: Thing[], { times = EVENTS_ALONE, tells = true } = {}) {
  const system = { things, looks: 0, watching: false, changed: () => undefined as void }
  const heard: { changes: readonly PlugChange<Thing>[]; now: readonly Thing[] }[] = []
  let listener = () => undefined as void
  const events: PlugEvents = (changed) => {
    if (!tells) return Promise.reject(new Error('this system does not tell'))
    system.watching = true
    system.changed = changed
    return Promise.resolve(() => {
      system.watching = false
      return Promise.resolve()
    })
  }
  const ending = new AbortController()
  const ended = watchPlugged({
    list: () => {
      system.looks++
      return Promise.resolve(system.things)
    },
    onChange: (changes, now) => {
      heard.push({ changes, now })
      listener()
    },
    signal: ending.signal,
    events: [events],
    times,
  })
  const told = async () => {
    if (heard.length === 0) await new Promise<void>((resolve) => (listener = resolve))
    return heard.shift()!
  }
  const end = async () => {
    ending.abort()
    await ended
  }
  return { system, heard, told, end }
}

describe('a watch', () => {
  it('says what is there, then what comes and goes', async () => {
    const { system, told, end } = watchOf([thing('a')])
    expect(await told()).toEqual({ changes: [{ change: 'present', item: thing('a') }], now: [thing('a')] })
    system.things = [thing('b'), thing('a')]
    system.changed()
    expect(await told()).toEqual({ changes: [{ change: 'attached', item: thing('b') }], now: system.things })
    system.things = [thing('b'), thing('c')]
    system.changed()
    expect((await told()).changes).toEqual([
      { change: 'detached', item: thing('a') },
      { change: 'attached', item: thing('c') },
    ])
    await end()
  })

  it('says so when nothing is there at first', async () => {
    const { told, end } = watchOf([])
    expect(await told()).toEqual({ changes: [], now: [] })
    await end()
  })

  it('says nothing of an event that changes nothing it lists', async () => {
    const { system, heard, told, end } = watchOf([thing('a')])
    await told()
    const { looks } = system
    system.changed()
    await expect.poll(() => system.looks).toBe(looks + 1)
    expect(heard).toEqual([])
    await end()
  })

  it('looks again after an event: permission comes later than the device', async () => {
    const { system, told, end } = watchOf([], { times: { ...EVENTS_ALONE, settle: [20] } })
    await told()
    system.things = [thing('a', 'no-permission')]
    system.changed()
    expect((await told()).changes).toEqual([{ change: 'attached', item: thing('a', 'no-permission') }])
    system.things = [thing('a')]
    expect((await told()).changes).toEqual([{ change: 'changed', item: thing('a') }])
    await end()
  })

  it('looks once more when an event comes while it looks', async () => {
    const { system, told, end } = watchOf([])
    await told()
    const before = system.things
    Object.defineProperty(system, 'things', {
      configurable: true,
      get() {
        Object.defineProperty(system, 'things', { value: [thing('late')] })
        system.changed()
        return before
      },
    })
    system.changed()
    expect((await told()).changes).toEqual([{ change: 'attached', item: thing('late') }])
    await end()
  })

  it('polls where the system does not tell', async () => {
    const { system, told, end } = watchOf([], { tells: false, times: { settle: [], told: NEVER, untold: 10 } })
    await told()
    system.things = [thing('a')]
    expect((await told()).changes).toEqual([{ change: 'attached', item: thing('a') }])
    await end()
  })

  it('sees without an event that another program has opened one', async () => {
    const { system, told, end } = watchOf([thing('a')], { times: { settle: [], told: 10, untold: NEVER } })
    await told()
    system.things = [thing('a', 'in-use')]
    expect((await told()).changes).toEqual([{ change: 'changed', item: thing('a', 'in-use') }])
    await end()
  })

  it('hears every source of events, and looks by itself where one of them does not tell', async () => {
    const hears: (() => void)[] = []
    let listening = 0
    const tells: PlugEvents = (changed) => {
      hears.push(changed)
      listening++
      return Promise.resolve(() => Promise.resolve(void listening--))
    }
    const silent: PlugEvents = () => Promise.reject(new Error('this source does not tell'))
    const watch = async (events: PlugEvents[], times: LookTimes) => {
      let things: Thing[] = []
      const told: string[] = []
      const ending = new AbortController()
      const ended = watchPlugged({
        list: () => Promise.resolve(things),
        onChange: (changes) => told.push(...changes.map(({ change, item }) => `${change} ${item.id}`)),
        ...{ signal: ending.signal, events, times },
      })
      await expect.poll(() => hears.length).toBeGreaterThan(0)
      const see = async (now: Thing[], change: string) => {
        things = now
        hears.pop()?.()
        await expect.poll(() => told.at(-1)).toBe(change)
      }
      return { see, end: () => (ending.abort(), ended) }
    }

    const both = await watch([tells, tells], EVENTS_ALONE)
    await both.see([thing('a')], 'attached a') // told by the second
    await both.see([], 'detached a') // told by the first
    await both.end()
    expect(listening).toBe(0)

    const half = await watch([silent, tells], { settle: [], told: NEVER, untold: 10 })
    hears.length = 0
    await half.see([thing('b')], 'attached b') // told by none
    await half.end()
    expect(listening).toBe(0)
  })

  it('ends with its signal, and stops listening', async () => {
    const { system, told, end } = watchOf([thing('a')])
    await told()
    expect(system.watching).toBe(true)
    await end()
    expect(system.watching).toBe(false)
    const { looks } = system
    system.changed()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(system.looks).toBe(looks)
  })

  it('fails with what its list fails with, and stops listening', async () => {
    let listening = false
    const watch = watchPlugged<Thing>({
      list: () => Promise.reject(new Error('no list')),
      onChange: () => undefined,
      signal: new AbortController().signal,
      events: [
        () => {
          listening = true
          return Promise.resolve(() => {
            listening = false
            return Promise.resolve()
          })
        },
      ],
    })
    await expect(watch).rejects.toThrow('no list')
    expect(listening).toBe(false)
  })

  it('follows ST-Links by their serial numbers, and no other device', async () => {
    const device = (productId: number, serialNumber: string) => ({
      ...{ vendorId: 0x0483, productId, serialNumber, bus: '1', address: 9 },
    })
    let devices = [device(0x374b, '066DFF')]
    let changed = () => undefined as void
    const told: string[] = []
    const ending = new AbortController()
    const ended = watchPlugged({
      list: () => listUsbProbes(() => Promise.resolve(devices)),
      onChange: (changes) => told.push(...changes.map(({ change, item }) => `${change} ${item.id}`)),
      signal: ending.signal,
      events: [
        (listener) => {
          changed = listener
          return Promise.resolve(() => Promise.resolve())
        },
      ],
      times: EVENTS_ALONE,
    })
    await expect.poll(() => told).toEqual(['present stlink:066DFF'])
    devices = [device(0x374b, '066DFF'), device(0x374e, '0029'), device(0x5740, 'another')]
    changed()
    await expect.poll(() => told).toEqual(['present stlink:066DFF', 'attached stlink:0029'])
    devices = []
    changed()
    await expect.poll(() => told.slice(2)).toEqual(['detached stlink:066DFF', 'detached stlink:0029'])
    ending.abort()
    await ended
  })

  it('starts and ends on this machine, with USB and without', async () => {
    const ending = new AbortController()
    let looks = 0
    await watchPlugged<Thing>({
      list: () => {
        looks++
        return Promise.resolve([])
      },
      onChange: () => ending.abort(),
      signal: ending.signal,
    })
    expect(looks).toBe(1)
  })
})
