#ifndef TM_STREAM_H
#define TM_STREAM_H

#include <stdint.h>

/* A byte stream in both directions: an RTT channel, a USART. */
typedef struct tm_stream {
    /* Takes what has arrived, at most room bytes, without waiting; returns how many. */
    uint32_t (*read)(uint8_t *to, uint32_t room);
    /* Bytes that can't be taken are lost: the frame's CRC tells the host. */
    void (*write)(const uint8_t *from, uint32_t bytes);
} tm_stream;

#endif /* TM_STREAM_H */
