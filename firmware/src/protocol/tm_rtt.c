#include "tm_rtt.h"

#include <string.h>

tm_rtt_control tm_rtt;
static uint8_t up_buffer[TM_LINK_RING_BYTES];
static uint8_t down_buffer[TM_LINK_RING_BYTES];

/* The bytes must be in memory before the offset that announces them. */
static void barrier(void)
{
#if defined(__arm__)
    __asm volatile("dmb" ::: "memory");
#else
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

void tm_rtt_start(void)
{
    static const char id[16] = "SEGGER RTT";
    tm_rtt.up_rings = 1;
    tm_rtt.down_rings = 1;
    tm_rtt.up = (tm_rtt_ring){ .name = "thimble", .buffer = up_buffer, .size = sizeof up_buffer };
    tm_rtt.down = (tm_rtt_ring){ .name = "thimble", .buffer = down_buffer, .size = sizeof down_buffer };
    barrier();
    for (uint32_t i = 0u; i < sizeof id; i++) {
        tm_rtt.id[i] = id[i];
    }
}

static uint32_t rtt_read(uint8_t *to, uint32_t room)
{
    tm_rtt_ring *ring = &tm_rtt.down;
    const uint32_t write = ring->write_offset;
    uint32_t read = ring->read_offset;
    uint32_t taken = 0u;
    if (write >= ring->size) {
        return 0u; /* the host has written nonsense over it: take nothing */
    }
    barrier();
    while (read != write && taken < room) {
        const uint32_t stretch = (write > read ? write : ring->size) - read;
        const uint32_t count = stretch < room - taken ? stretch : room - taken;
        memcpy(to + taken, ring->buffer + read, count);
        taken += count;
        read = read + count == ring->size ? 0u : read + count;
    }
    barrier();
    ring->read_offset = read;
    return taken;
}

static void rtt_write(const uint8_t *from, uint32_t bytes)
{
    tm_rtt_ring *ring = &tm_rtt.up;
    const uint32_t read = ring->read_offset;
    uint32_t write = ring->write_offset;
    const uint32_t used = write >= read ? write - read : ring->size - read + write;
    if (read >= ring->size || bytes >= ring->size - used) {
        return; /* nobody reads: the frame is broken, and its CRC says so */
    }
    while (bytes != 0u) {
        const uint32_t stretch = ring->size - write;
        const uint32_t count = stretch < bytes ? stretch : bytes;
        memcpy(ring->buffer + write, from, count);
        from += count;
        bytes -= count;
        write = write + count == ring->size ? 0u : write + count;
    }
    barrier();
    ring->write_offset = write;
}

const tm_stream tm_rtt_stream = { .read = rtt_read, .write = rtt_write };
