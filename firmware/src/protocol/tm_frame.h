/* Frames over a byte stream; src-main/device/link-protocol.ts says what they look like. */
#ifndef TM_FRAME_H
#define TM_FRAME_H

#include <stdbool.h>

#include "tm_link.h"
#include "tm_stream.h"

typedef struct {
    uint32_t type;
    uint32_t sequence;
    const uint8_t *payload; /* word-aligned, valid until the next tm_frame_receive */
    uint32_t bytes;
} tm_frame;

typedef enum {
    TM_FRAME_NONE, /* nothing whole yet */
    TM_FRAME_WHOLE,
    TM_FRAME_BAD /* had a header but not its CRC; type and sequence are as read */
} tm_frame_result;

typedef struct {
    const tm_stream *stream;
    uint32_t filled;
    uint32_t consumed; /* bytes of the frame that was handed out last */
    uint32_t whole;    /* frames handed out, wraps */
    bool quiet;        /* set by whoever knows that nothing has come for long: half a frame stays half then */
    /* Gets, in their order, the bytes that belong to no frame, and for each whole frame none. May be NULL. */
    void (*stray)(void *context, const uint8_t *bytes, uint32_t count);
    void *stray_context;
    uint32_t buffer[TM_LINK_MAX_FRAME / 4u];
} tm_receiver;

/* Call again until it answers TM_FRAME_NONE. */
tm_frame_result tm_frame_receive(tm_receiver *receiver, tm_frame *frame);

/* A frame in pieces, so that a tensor is sent from where it stands. */
typedef struct {
    const tm_stream *stream;
    uint32_t crc;
} tm_sender;

void tm_frame_begin(tm_sender *sender, const tm_stream *stream, uint32_t type, uint32_t sequence, uint32_t bytes);
void tm_frame_add(tm_sender *sender, const void *bytes, uint32_t count);
void tm_frame_end(tm_sender *sender);

#endif /* TM_FRAME_H */
