#include "tm_frame.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "thimble.h"

_Static_assert(TM_LINK_MAX_FRAME % 4u == 0u, "the buffer is made of words");
_Static_assert(TM_LINK_MAX_FRAME <= TM_LINK_RING_BYTES, "a ring holds a frame");

static uint32_t word_at(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint8_t header_check(const uint8_t *header)
{
    uint32_t sum = 0u + header[0] + header[1] + header[2];
    for (uint32_t i = 4u; i < TM_LINK_HEADER_BYTES; i++) {
        sum += header[i];
    }
    return (uint8_t)(0xFFu - sum);
}

static void drop(tm_receiver *receiver, uint32_t count)
{
    uint8_t *buffer = (uint8_t *)receiver->buffer;
    receiver->filled -= count;
    for (uint32_t i = 0u; i < receiver->filled && count != 0u; i++) {
        buffer[i] = buffer[i + count];
    }
}

/* Hands on and drops what can't start a frame. */
static void seek_sync(tm_receiver *receiver)
{
    const uint8_t *buffer = (const uint8_t *)receiver->buffer;
    uint32_t skip = 0u;
    while (skip < receiver->filled && buffer[skip] != TM_LINK_SYNC) {
        skip++;
    }
    if (skip != 0u && receiver->stray != NULL) {
        receiver->stray(receiver->stray_context, buffer, skip);
    }
    drop(receiver, skip);
}

/* How many bytes the header at the buffer's start promises; 0 when it is no header. */
static uint32_t promised_bytes(const uint8_t *buffer)
{
    const uint32_t payload = word_at(buffer + 4);
    if (buffer[3] != header_check(buffer) || payload > TM_LINK_MAX_PAYLOAD) {
        return 0u;
    }
    return TM_LINK_HEADER_BYTES + payload + TM_LINK_CRC_BYTES;
}

/* Returns how many bytes came. */
static uint32_t refill(tm_receiver *receiver)
{
    uint8_t *buffer = (uint8_t *)receiver->buffer;
    const uint32_t count = receiver->stream->read(buffer + receiver->filled, TM_LINK_MAX_FRAME - receiver->filled);
    receiver->filled += count;
    return count;
}

tm_frame_result tm_frame_receive(tm_receiver *receiver, tm_frame *frame)
{
    const uint8_t *buffer = (const uint8_t *)receiver->buffer;
    drop(receiver, receiver->consumed);
    receiver->consumed = 0u;
    /* What came just now came after the look that found nothing coming. */
    const bool quiet = refill(receiver) == 0u && receiver->quiet;
    for (;;) {
        seek_sync(receiver);
        if (receiver->filled < TM_LINK_HEADER_BYTES) {
            drop(receiver, quiet ? receiver->filled : 0u);
            return TM_FRAME_NONE;
        }
        const uint32_t total = promised_bytes(buffer);
        if (total == 0u) {
            drop(receiver, 1u);
            continue;
        }
        if (receiver->filled < total && !quiet) {
            return TM_FRAME_NONE;
        }
        frame->type = buffer[1];
        frame->sequence = buffer[2];
        frame->payload = buffer + TM_LINK_HEADER_BYTES;
        frame->bytes = total - TM_LINK_HEADER_BYTES - TM_LINK_CRC_BYTES;
        const bool whole = receiver->filled >= total && tm_crc32(buffer, total - TM_LINK_CRC_BYTES, 0u) ==
                                                            word_at(buffer + total - TM_LINK_CRC_BYTES);
        receiver->consumed = whole ? total : 1u;
        receiver->whole += whole ? 1u : 0u;
        if (whole && receiver->stray != NULL) {
            receiver->stray(receiver->stray_context, NULL, 0u);
        }
        return whole ? TM_FRAME_WHOLE : TM_FRAME_BAD;
    }
}

void tm_frame_begin(tm_sender *sender, const tm_stream *stream, uint32_t type, uint32_t sequence, uint32_t bytes)
{
    uint8_t header[TM_LINK_HEADER_BYTES] = { TM_LINK_SYNC, (uint8_t)type, (uint8_t)sequence };
    memcpy(header + 4, &bytes, sizeof bytes);
    header[3] = header_check(header);
    sender->stream = stream;
    sender->crc = 0u;
    tm_frame_add(sender, header, sizeof header);
}

void tm_frame_add(tm_sender *sender, const void *bytes, uint32_t count)
{
    sender->crc = tm_crc32(bytes, count, sender->crc);
    sender->stream->write(bytes, count);
}

void tm_frame_end(tm_sender *sender)
{
    sender->stream->write((const uint8_t *)&sender->crc, sizeof sender->crc);
}
